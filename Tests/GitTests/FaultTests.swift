import Audit
import Control
import Foundation
import Git
import Ledger
import Rollouts
import TestKit
import Testing

/// What is left, and how it goes on, when a writer of the ledger dies or its disk fails at each of its
/// steps in turn.
///
/// `LedgerWriter` is the real store and the real checkpoints in a process of its own; `CFaults` counts
/// its steps and lets them fail.
@Suite struct FaultTests {
  /// See `faults.c`.
  enum Fault: String, CaseIterable {
    case kill, tear, fill, filled, sync, synced

    /// What the operating system calls it; nil where nobody is left to tell.
    var reason: String? {
      switch self {
      case .kill, .tear: nil
      case .fill, .filled: "No space left on device"
      case .sync, .synced: "Input/output error"
      }
    }
  }

  private var state: URL { TemporaryFolder.current.appending(path: "state") }
  private var keyFile: URL { TemporaryFolder.current.appending(path: "key") }
  private static let key = SigningKey(comment: "writer")

  /// Nothing half-written is believed, whatever was reported as committed is there, nothing is there
  /// twice, nothing stays lying about, and the same process or the next one goes on.
  @Test(.temporaryFolder, .timeLimit(.minutes(10)), arguments: Fault.allCases)
  func everyStepMayFail(fault: Fault) async throws {
    try Data(Self.key.openSSH.utf8).write(to: keyFile)
    var step = 1
    while let harmed = try harm(with: fault, at: step) {
      let last = harmed.hasEnded ? harmed : try write(environment: [:])
      #expect(last.hasEnded, "\(fault) \(step): \(last.text)")
      let commits = (harmed.hasEnded ? [harmed] : [harmed, last]).flatMap(\.commits)
      do {
        try await examine(promised: commits)
      } catch {
        Issue.record("\(fault) \(step): \(error)\n\(harmed.text)")
      }
      step += 1
    }
    // The writer makes as many writes and more syncs; fewer would mean that they are not seen.
    #expect(step > 35)
  }

  /// An outside witness sees as many changes in the folder as the writer counts steps, so none of them
  /// is left out above.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func everyChangeIsAStep() throws {
    try Data(Self.key.openSSH.utf8).write(to: keyFile)
    let trace = TemporaryFolder.current.appending(path: "trace")
    let run = try write(
      under: ["strace", "-f", "-qq", "-y", "-e", "trace=%file,%desc", "-o", trace.path],
      environment: [:])
    guard run.hasEnded else {
      throw ProcessFailure(
        description: "strace cannot trace the writer; is ptrace permitted here?\n\(run.text)")
    }
    let calls = try String(contentsOf: trace, encoding: .utf8).split(separator: "\n")
    let changes = calls.filter { $0.contains(state.path) && Self.changesSomething($0) }
    #expect(run.text.contains("ended after \(changes.count) steps"), "\(run.text)")
  }

  /// Whether a line of strace is of a call that changes what a file says or which files there are.
  private static func changesSomething(_ line: Substring) -> Bool {
    let call = line.drop { !$0.isLetter }.prefix { $0 != "(" }
    if call == "openat" { return line.contains("O_CREAT") || line.contains("O_TRUNC") }
    return !harmless.contains(String(call))
  }

  private static let harmless: Set = [
    "access", "chmod", "close", "faccessat2", "fadvise64", "fchmod", "fcntl", "fstat", "fstatfs",
    "getdents64", "ioctl", "lseek", "lstat", "mmap", "newfstatat", "pread64", "read", "readlink",
    "stat", "statfs", "statx", "utimensat",
  ]

  // MARK: The writer

  private struct Run {
    let status: Int32
    let text: String

    var lines: [Substring] { text.split(separator: "\n") }
    var hasEnded: Bool { status == 0 && text.contains("\nended after") }
    /// What it was told is durable.
    var commits: [String] {
      lines.filter { $0.hasPrefix("committed ") }.map { String($0.dropFirst(10)) }
    }
  }

  /// Runs the writer in an empty folder with a fault; nil when it ended before there was one.
  private func harm(with fault: Fault, at step: Int) throws -> Run? {
    try? FileManager.default.removeItem(at: state)
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    let run = try write(environment: ["FAULT_KIND": fault.rawValue, "FAULT_AT": "\(step)"])
    guard run.text.contains("fault: ") else { return nil }
    guard let reason = fault.reason else {
      #expect(run.status == 128 + SIGKILL, "\(fault) \(step): \(run.text)")
      return run
    }
    for line in run.lines where line.hasPrefix("cannot ") {
      #expect(line.contains(reason), "\(fault) \(step)")
    }
    return run
  }

  private func write(
    under wrapper: [String] = [], environment: [String: String]
  ) throws -> Run {
    let output = TemporaryFolder.current.appending(path: "output")
    try? FileManager.default.removeItem(at: output)
    let child = try BackgroundProcess(
      wrapper + [builtProgram("LedgerWriter"), state.path, keyFile.path, "1", "2", "2"],
      environment: environment.merging(["FAULT_FOLDER": state.path]) { $1 }, output: output)
    let status = child.wait()
    return Run(status: status, text: "\n" + (try String(contentsOf: output, encoding: .utf8)))
  }

  // MARK: What is left

  private func examine(promised: [String]) async throws {
    let repository = state.appending(path: "ledger.git").path
    #expect(try git(["-C", repository, "fsck", "--strict", "--no-dangling"]).isEmpty)
    let commits = try git(["-C", repository, "rev-list", "serin/ledger"]).split(separator: "\n")
    #expect(Set(promised.map { Substring($0) }).isSubset(of: commits))
    #expect(try leftovers() == [])
    let branch = try LedgerBranch(clone: repository)
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: Self.key.publicKey, of: "writer")))
    _ = try await branch.begin(after: nil)
    while let commit = try await branch.next() { try audit.check(commit) }
    #expect(audit.nextSeq == commits.count + 1)
    let newest = try await branch.reader(at: branch.commit).newest()
    let checkpoints = try CheckpointFolder(state.appending(path: "checkpoints"))
    #expect(newest.count == 2)
    for record in newest {
      let bytes = try await checkpoints.load(record.deployment, seq: record.seq)
      #expect(bytes == Array("\(record.seq)".utf8))
    }
  }

  /// Locks, and files that were to get another name.
  private func leftovers() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: state.path).filter { path in
      let name = URL(filePath: path).lastPathComponent
      return name.hasSuffix(".lock") || name.contains("_git2_") || name.hasPrefix(".")
    }
  }
}
