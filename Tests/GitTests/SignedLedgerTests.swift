import Foundation
import Git
import Ledger
import Rollouts
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
  @Test(.temporaryFolder, .timeLimit(.minutes(1)))
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
}
