import Foundation
import Glibc
import Logging
import Manifests
import Rollouts

/// What picklescan finds in an artifact, before anything of it is loaded.
///
/// A pickle that imports `os.system` runs a program when it is loaded. The scan reads which names are imported and
/// loads none. It is a net with holes: a file that cannot be read to its end, as joblib writes large arrays, is
/// judged by its beginning, one that is compressed as a whole is not judged at all, and what a harmless name leads
/// to is not followed. The walls around the server are what models are kept by.
package enum PickleScan: Equatable, Sendable {
  case clean
  /// The lines that name what was found.
  case unsafe([String])
  /// Why the scan says nothing of a part of the artifact.
  case unread(String)

  /// Reads how picklescan ended, and what it said.
  ///
  /// What was found is found, however it ended: Python runs a pickle up to the byte at which it breaks.
  package init(ending: ProcessEnding?, lines: [String]) {
    let found = lines.compactMap(Self.finding)
    let summary = lines.filter { $0.contains(/^Infected files: [1-9]/) }
    let unsafe = found.isEmpty ? summary : Array(found.prefix(5))
    switch ending {
    case _ where !unsafe.isEmpty, .exited(1): self = .unsafe(unsafe)
    case .exited(0): self = Self.said("WARNING: could not ", lines).map(Self.unread) ?? .clean
    case .exited(2): self = .unread(Self.said("ERROR: ", lines) ?? "it cannot be read")
    default:
      self = .unread("the scan ended with \(ending?.description ?? "nothing that is known")")
    }
  }

  /// Returns what follows a word in the first line that begins with it.
  private static func said(_ word: String, _ lines: [String]) -> String? {
    lines.first { $0.hasPrefix(word) }.map { String($0.dropFirst(word.count)) }
  }

  /// "/srv/models/1/model.pkl: dangerous import 'posix system' FOUND" is all of it but the place.
  private static func finding(_ line: String) -> String? {
    line.wholeMatch(of: /.*: (dangerous import '.*') FOUND/).map { String($0.output.1) }
  }
}

/// How an artifact is scanned: by a program in a sandbox of its own, since what it reads is hostile.
struct PickleScanner: Sendable {
  /// The Python, and the script that pip has put beside it.
  let command: [String]
  let sandbox: Sandbox?
  /// What is hidden from the scan, as from a server.
  let hidden: [String]

  /// The longest time that a scan may take; large artifacts are mostly numbers, which are passed over.
  private static let patience: Duration = .seconds(120)

  func scan(_ artifact: Artifact, port: Int, log: ProcessLog) async throws -> PickleScan {
    let offset = log.size
    let process = try DetachedProcess(
      ProcessLaunch(
        command: shutIn(command + ["-p", artifact.path], artifact, port: port),
        environment: ["PATH": "/usr/bin:/bin", "HOME": Sandbox.scratch, "LC_ALL": "C.UTF-8"],
        folder: "/", log: log.path))
    let deadline = ContinuousClock.now + Self.patience
    while process.isAlive, ContinuousClock.now < deadline, !Task.isCancelled {
      await pause(.milliseconds(10))
    }
    let isOver = !process.isAlive
    try await process.stop(grace: .zero)
    try Task.checkCancellation()
    let ending = sandbox == nil ? process.ending : process.ending?.behindAnother
    return PickleScan(
      ending: isOver ? ending : nil, lines: log.lastLines(1000, since: offset))
  }

  /// Scans an artifact, says what was found, and refuses what the operator does not want.
  ///
  /// - Throws: `LocalRuntimeError` when its pickles are unsafe, and the operator says to reject that.
  func heed(
    _ artifact: Artifact, of key: ServerKey, port: Int, log: ProcessLog, unsafe: UnsafePickles,
    _ logger: Logger
  ) async throws {
    if let sandbox, sandbox.ownUser { try Files.letAllRead(artifact.path) }
    switch try await scan(artifact, port: port, log: log) {
    case .clean: break
    case .unread(let reason):
      logger.info("pickles could not be looked into", metadata: ["reason": "\(reason)"])
    case .unsafe(let found):
      let words = found.joined(separator: ", ")
      guard unsafe != .reject else {
        throw LocalRuntimeError(.artifact, "look into the pickles of \(key)", words)
      }
      logger.warning("a model holds unsafe pickles", metadata: ["found": "\(words)"])
    }
  }

  private func shutIn(_ command: [String], _ artifact: Artifact, port: Int) -> [String] {
    guard let sandbox else { return command }
    let programs = ProgramFiles(path: "/usr/bin:/bin", kept: hidden)
    let inside = Sandbox.Inside(
      readable: programs.needed(by: self.command) + [artifact.path], hidden: hidden, port: port)
    return sandbox.task(command, inside)
  }
}

extension ModelServer {
  /// Looks into the pickles of an artifact that is loaded for the first time.
  ///
  /// - Throws: `LocalRuntimeError` when they are unsafe, and the operator says to reject that.
  func scanPickles(_ artifact: Artifact) async throws {
    guard let scanner = parts.scanner, parts.first == nil else { return }
    become(.preparing("looking into its pickles"))
    try await scanner.heed(
      artifact, of: key, port: port, log: log, unsafe: parts.files.settings.unsafePickles, logger)
  }
}
