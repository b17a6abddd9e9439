import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing

/// Signed commits, as stock git and ssh see them.
@Suite struct SignedLedgerTests {
  private var folder: URL { TemporaryFolder.current }
  private var repository: String { folder.appending(path: "ledger").path }
  private var allowed: String { folder.appending(path: "allowed_signers").path }

  private func keygen(_ name: String, _ arguments: [String] = ["-t", "ed25519"]) throws -> String {
    let file = folder.appending(path: name)
    try shell(["ssh-keygen", "-q", "-N", "", "-C", "ledger", "-f", file.path] + arguments)
    return try String(contentsOf: file, encoding: .utf8)
  }

  private func commit(_ numbers: ClosedRange<Int>, with key: SigningKey?) async throws {
    let store = try GitLedgerStore(
      remote: nil, repository: repository,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
    for number in numbers {
      _ = try await store.commit(
        LedgerChange(
          files: ["\(number).json": Array("{}\n".utf8)], message: "advance \(number) ü\n\nWhy.\n",
          date: Instant(milliseconds: Int64(number) * 1000)))
    }
  }

  private func signatures() throws -> String {
    try git([
      "-C", repository, "-c", "gpg.ssh.allowedSignersFile=\(allowed)", "log", "--reverse",
      "--format=%G? %GS %GF", "serin/ledger",
    ])
  }

  /// git calls them good and names the controller; a key that is not listed is not trusted.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func gitVerifiesTheCommits() async throws {
    let key = try SigningKey(openSSH: keygen("key"))
    try await commit(1...3, with: key)
    try await commit(4...4, with: nil)
    try await commit(5...5, with: SigningKey(comment: "foreign"))
    let line = AllowedSigners.line(for: key.publicKey, of: "production", from: 1)
    try Data("\(line)\n".utf8).write(to: URL(filePath: allowed))
    let lines = try signatures().split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(3) == Array(repeating: "G production \(key.publicKey)", count: 3)[...])
    #expect(lines[3].hasPrefix("N"))
    #expect(lines[4].hasPrefix("U"))
    try git([
      "-C", repository, "-c", "gpg.ssh.allowedSignersFile=\(allowed)", "verify-commit",
      "serin/ledger~2",
    ])
    #expect(try git(["-C", repository, "fsck", "--strict", "--no-dangling"]).isEmpty)
  }

  /// ssh-keygen reads the key files we write, and we read its.
  @Test(.temporaryFolder) func keyFilesAreThoseOfOpenSSH() throws {
    let key = SigningKey(comment: "ledger of production")
    let file = folder.appending(path: "ours")
    try Data(key.openSSH.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let line = try shell(["ssh-keygen", "-y", "-f", file.path])
    #expect(line == "\(key.publicKey.line) ledger of production\n")
    #expect(try shell(["ssh-keygen", "-l", "-f", file.path]).contains(" \(key.publicKey) "))
    let theirs = try SigningKey(openSSH: keygen("theirs"))
    let published = try String(contentsOf: folder.appending(path: "theirs.pub"), encoding: .utf8)
    #expect(published == "\(theirs.publicKey.line) ledger\n")
  }

  @Test(
    .temporaryFolder,
    arguments: [
      (["-t", "ecdsa"], .otherType("ecdsa-sha2-nistp256")), (["-t", "rsa"], .otherType("ssh-rsa")),
      (["-t", "rsa", "-m", "PEM"], .otherType("RSA")),
      (["-t", "ed25519", "-N", "secret"], .encrypted),
    ] as [([String], SigningKeyError)])
  func otherKeysAreRefused(arguments: [String], error: SigningKeyError) throws {
    let text = try keygen("key", arguments)
    #expect(throws: error) { try SigningKey(openSSH: text) }
  }

  /// Every command of the README on the branch, run by a shell in a plain clone of a real ledger:
  /// silence but for good signatures, and not a single command that could not fail.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func readmeChecksTheLedger() async throws {
    let clone = try await cloneOfSmallLedger()
    let readme = try String(contentsOf: clone.appending(path: "README.md"), encoding: .utf8)
    let blocks = Self.blocks(of: readme)
    try #require(blocks.count == 5)
    let signatures = try run(blocks[0], in: clone).split(separator: "\n")
    #expect(signatures.count == SmallLedger.changes(start: SmallLedger.lateEvening).count)
    #expect(signatures.allSatisfy { $0.hasPrefix("G simulation ") }, "\(signatures)")
    #expect(try run(blocks[1], in: clone).hasPrefix("Good \"git\" signature for simulation with"))
    for block in blocks.dropFirst(2) { #expect(try run(block, in: clone) == "", "\(block)") }
    try await expectTamperingIsSeen(by: Array(blocks.dropFirst(2)), in: clone)
  }

  private func cloneOfSmallLedger() async throws -> URL {
    let key = SigningKey(comment: "ledger")
    let store = try GitLedgerStore(
      remote: nil, repository: repository,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
    let changes = SmallLedger.changes(signer: key.publicKey, start: SmallLedger.lateEvening)
    for change in changes { _ = try await store.commit(change) }
    try git(["clone", "--quiet", repository, folder.appending(path: "clone").path])
    return folder.appending(path: "clone")
  }

  /// Commits a changed record, one without a number and one that is moved: each block says something.
  private func expectTamperingIsSeen(by blocks: [String], in clone: URL) async throws {
    let files = try git(["-C", clone.path, "ls-files", "*/000002.iris.json"])
    let file = String(try #require(files.split(separator: "\n").first))
    try git(["-C", clone.path, "rm", "--quiet", file])
    try git(["-C", clone.path, "commit", "--quiet", "-m", "tidy up"])
    #expect(try run(blocks[0], in: clone) != "")
    #expect(try run(blocks[1], in: clone) != "")
    let evidence = try git(["-C", clone.path, "ls-files", "*.ev.json"]).split(separator: "\n")[0]
    try Data("{}\n".utf8).write(to: clone.appending(path: String(evidence)))
    #expect(try run(blocks[2], in: clone).contains(evidence))
  }

  private func run(_ script: String, in folder: URL) throws -> String {
    try shell(
      ["sh", "-c", script], in: folder,
      environment: [
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_PAGER": "cat",
      ])
  }

  /// The fenced blocks of a text.
  private static func blocks(of text: String) -> [String] {
    text.components(separatedBy: "```\n").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
  }
}
