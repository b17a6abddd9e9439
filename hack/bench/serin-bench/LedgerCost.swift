import ArgumentParser
import Foundation
import Git
import Glibc
import Ledger
import Manifests
import SimulationKit

/// What a ledger of many decisions costs: to write, to keep, and to verify.
///
/// It is a real repository in the folder for temporary files, written by the controller's own store with
/// every byte fsynced. Give a `TMPDIR` on the disk that matters.
struct LedgerCost: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger", abstract: "Measure what a ledger costs to write, keep and verify.",
    discussion: """
      Rollouts have the default steps and looks, two objectives and traffic at random; one version in \
      eight is rolled back. The same repository is read by git for comparison, which checks neither \
      records nor decisions.
      """)

  @Option(help: "How many decisions.") var decisions = 20_000
  @Option(help: "Of how many deployments.") var deployments = 50
  @Option(help: "Keep the repository in this folder.") var keep: String?

  func run() async throws {
    let folder =
      keep.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "serin-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { if keep == nil { try? FileManager.default.removeItem(at: folder) } }
    let key = SigningKey(comment: "")
    let signers = folder.appending(path: "allowed_signers")
    let line = AllowedSigners.line(for: key.publicKey, of: "bench")
    try Data("\(line)\n".utf8).write(to: signers)
    let ledger = folder.appending(path: "ledger.git")
    try await write(to: ledger.path, signedWith: key)
    try measurePack(ledger)
    try measureReading(ledger, signers: signers)
  }

  private func write(to path: String, signedWith key: SigningKey) async throws {
    let store = try GitLedgerStore(
      remote: nil, repository: path,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
    let controller = ControllerIdentity(instance: "bench", version: "0", life: "1")
    var ledger = SyntheticLedger(deployments: deployments, controller: controller, seed: 1)
    var cost = WritingCost()
    for _ in 0...decisions {
      let change = try ledger.next()
      let began = ContinuousClock.now
      _ = try await store.commit(change)
      cost.add(change, seconds: (ContinuousClock.now - began) / .seconds(1))
    }
    show("decisions", "\(decisions), of \(deployments) deployments")
    show(
      "files of each",
      "\(cost.bytes / decisions) bytes, \(cost.evidence / decisions) of evidence")
    show("to write and commit one", "\(cost.median) ms median, \(cost.slow) ms in 99 of 100")
  }

  private func measurePack(_ ledger: URL) throws {
    try git(["gc", "--quiet"], in: ledger)
    let packs = ledger.appending(path: "objects/pack")
    let sizes = try FileManager.default.contentsOfDirectory(
      at: packs, includingPropertiesForKeys: [.fileSizeKey]
    ).compactMap { try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize }
    let size = Double(sizes.reduce(0, +))
    show(
      "after git gc",
      "\(tenths(size / 1e6)) MB, \(whole(size / Double(decisions))) bytes for each decision")
  }

  private func measureReading(_ ledger: URL, signers: URL) throws {
    for (what, options) in [("audit verify", []), ("without replay", ["--without-replay"])] {
      let spent = try Program.run(
        Program.own.path,
        ["audit", "--repo", ledger.path, "--allowed-signers", signers.path] + options)
      show(what, spent.output)
    }
    for command in [["fsck", "--full"], ["log", "-p", "serin/ledger"]] {
      let spent = try git(command, in: ledger).usage
      show("git \(command[0])", "\(rate(spent.processor)) decisions per second of one core")
    }
    let some = min(decisions, Self.signaturesByGit)
    let spent = try git(
      [
        "-c", "gpg.ssh.allowedSignersFile=\(signers.path)", "log", "--show-signature", "-n",
        "\(some)", "serin/ledger",
      ], in: ledger)
    show(
      "git log --show-signature",
      "\(whole(Double(some) / spent.usage.processor)) decisions per second of one core")
  }

  /// Git starts a process for each signature: a few of them tell its speed.
  private static let signaturesByGit = 200

  private func rate(_ seconds: Double) -> String { whole(Double(decisions) / seconds) }

  @discardableResult
  private func git(
    _ arguments: [String], in repository: URL
  ) throws -> (output: String, usage: Usage) {
    try Program.run("/usr/bin/env", ["git", "-C", repository.path] + arguments)
  }

  private func show(_ what: String, _ value: String) { print(what.padded(to: 26) + value) }
}

/// What it took to write commits.
private struct WritingCost {
  private var seconds: [Double] = []
  private(set) var bytes = 0
  /// Of them, those in files of their own beside the records.
  private(set) var evidence = 0

  mutating func add(_ change: LedgerChange, seconds: Double) {
    self.seconds.append(seconds)
    for (path, contents) in change.files {
      bytes += contents.count
      if path.hasSuffix(".ev.json") { evidence += contents.count }
    }
    if self.seconds.count % 1000 == 0 { Progress.report("\(self.seconds.count) records") }
  }

  var median: String { milliseconds(0.5) }
  var slow: String { milliseconds(0.99) }

  private func milliseconds(_ share: Double) -> String {
    tenths((quantile(of: seconds.sorted(), share) ?? 0) * 1000)
  }
}
