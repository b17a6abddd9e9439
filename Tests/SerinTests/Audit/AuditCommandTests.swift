import Foundation
import Git
import Golden
import Ledger
import SimulationKit
import TestKit
import Testing

/// What an auditor meets, word for word, on real git repositories.
@Suite struct AuditCommandTests {
  private var folder: URL { TemporaryFolder.current }

  private func verify(_ arguments: String...) throws -> Command {
    try Command(
      ["audit", "verify", "--repo", "ledger.git", "--allowed-signers", "trusted"] + arguments)
  }

  private func git(_ arguments: String...) throws -> String {
    try shell(
      ["git", "-C", "ledger.git", "-c", "user.name=Eve", "-c", "user.email=eve@example.org"]
        + arguments, in: folder
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rightLedger() async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    let result = try verify()
    #expect(result.status == 0 && result.errors == "")
    try expectGolden(result.transcript(of: Self.line).withoutKeys, "audit-verify.txt")
    let json = try verify("-o", "json")
    #expect(json.status == 0)
    try expectGolden(json.output.withoutKeys, "audit-verify.json")
    // The tip that is kept is where the next one begins.
    let tip = try git("rev-parse", "serin/ledger")
    #expect(result.output.hasSuffix("--since \(tip)\n"))
    let later = try verify("--since", tip)
    #expect(later.status == 0 && later.output.contains("no later record"))
    let middle = try verify("--since", try git("rev-parse", "serin/ledger~4"))
    #expect(middle.status == 0 && middle.output.contains("records    8 to 11"), "\(middle.output)")
    // Who signed the commit that was kept is looked at, also when nothing came after it.
    let other = AllowedSigners.line(for: SigningKey(comment: "").publicKey, of: "simulation")
    try Data("\(other)\n".utf8).write(to: folder.appending(path: "trusted"))
    let foreign = try verify("--since", tip)
    #expect(foreign.status == 24 && foreign.output.contains(tip), "\(foreign.output)")
  }

  /// A ledger over midnight has one seal, which its records say as well; a forged one shows.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func seals() async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""), start: SmallLedger.lateEvening)
    let right = try Command(["audit", "seal", "--repo", "ledger.git"])
    #expect(right.status == 0 && right.output.contains("the same"))
    try expectGolden(
      right.transcript(of: "serin audit seal --repo ledger.git"), "audit-seal.txt")
    let json = try Command(["audit", "seal", "--repo", "ledger.git", "-o", "json"])
    #expect(
      json.output.contains(#""isTrue": true"#) && json.output.contains(#""from": "2026-09-24""#))
    #expect(try verify().output.contains("1 seal"))
    try FileManager.default.removeItem(at: folder.appending(path: "ledger.git"))
    try await writeSmallLedger(start: SmallLedger.lateEvening) {
      $0.replacing(#""gaps":[]"#, with: #""gaps":[2]"#)
    }
    let forged = try Command(["audit", "seal", "--repo", "ledger.git"])
    #expect(forged.status == 36 && forged.output.contains("something else"))
  }

  /// The whole branch replaced, on top of the last honest commit or beside it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wrongLedgers() async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    let honest = try git("rev-parse", "serin/ledger")
    var transcript = ""
    func expect(_ status: Int32, _ what: String, _ arguments: [String] = []) throws {
      let result = try Command(
        ["audit", "verify", "--repo", "ledger.git", "--allowed-signers", "trusted"] + arguments)
      #expect(result.status == status, "\(what): \(result.output)\(result.errors)")
      transcript += "# \(what)\n" + result.transcript(of: Self.line).withoutKeys
      _ = try git("update-ref", "refs/heads/serin/ledger", honest)
    }
    let tree = try git("rev-parse", "serin/ledger^{tree}")
    func commit(_ arguments: String...) throws {
      let commit = try shell(
        ["git", "-C", "ledger.git", "-c", "user.name=Eve", "-c", "user.email=e@example.org"]
          + ["commit-tree", tree] + arguments, in: folder)
      _ = try git(
        "update-ref", "refs/heads/serin/ledger",
        commit.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    try commit("-p", honest, "-m", "promote x\u{1B}[2J\u{202E}")
    try expect(22, "somebody commits on top, without a key")
    try commit("-p", honest, "-p", "\(honest)~1", "-m", "merge")
    try expect(21, "somebody merges")
    try commit("-p", "\(honest)~3", "-m", "rollback")
    try expect(22, "the end is replaced")
    try commit("-p", "\(honest)~3", "-m", "rollback")
    try expect(21, "the end is replaced, and the old tip was kept", ["--since", honest])
    // The simulation's manifests are in no repository.
    try expect(37, "no manifest is where it should be", ["--manifests", "ledger.git"])
    let line = AllowedSigners.line(for: SigningKey(comment: "").publicKey, of: "simulation")
    try Data("\(line)\n".utf8).write(to: folder.appending(path: "trusted"))
    try expect(24, "the key is nobody's")
    #expect(!transcript.contains("\u{1B}"))
    try expectGolden(transcript, "audit-verify-wrong.txt")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func unsignedLedger() async throws {
    try await writeSmallLedger(signedWith: nil)
    let result = try verify("-o", "json")
    #expect(result.status == 22 && result.output.contains("\"ledgerSeq\": 1\n"))
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wrongTrustRoots() async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    for text in ["", "# nobody\n", "simulation ssh-ed25519 AAAA\n", "a\u{1B}[2J b=c\n"] {
      try Data(text.utf8).write(to: folder.appending(path: "trusted"))
      let result = try verify()
      #expect(result.status == 1 && result.errors.hasPrefix("error: trusted"))
      #expect(!result.errors.contains("\u{1B}"))
    }
    #expect(try verify("--since", "main").status == 1)
    // A clone that lacks the beginning proves nothing.
    _ = try shell(
      ["git", "clone", "--quiet", "--depth", "3", "-b", "serin/ledger"]
        + ["file://\(folder.path)/ledger.git", "shallow"], in: folder)
    let shallow = try Command(
      "audit", "verify", "--repo", "shallow", "--allowed-signers", "trusted")
    #expect(shallow.status == 1)
  }

  // MARK: Questions

  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["replay"], "replay"), (["replay", "10"], "replay-one"),
      (["log"], "log"), (["show", "9"], "show"), (["why", "iris"], "why"),
      (["who", "iris"], "who"),
      (["running", "--at", "2026-09-24T10:01:30Z"], "running"),
      (["exposure", "sha256:bbbbbbbb"], "exposure"),
    ] as [([String], String)])
  func questions(arguments: [String], name: String) async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    var transcript = ""
    for output in ["text", "json"] where output == "text" || name == "exposure" {
      let words = ["audit"] + arguments + ["--repo", "ledger.git", "-o", output]
      let result = try Command(words)
      #expect(result.status == 0, "\(result.errors)")
      transcript += result.transcript(of: "serin \(words.joined(separator: " "))")
    }
    try expectGolden(transcript.withoutKeys, "audit-\(name).txt")
  }

  /// Where each rollout would have gone another way, and that the manifest of its time changes nothing.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func otherPolicies() async throws {
    try await writeSmallLedger()
    var transcript = ""
    for (name, manifest) in [
      ("same", SmallLedger.iris("1")),
      ("patient", SmallLedger.iris("1").replacing("bake: 10s", with: "bake: 40s")),
    ] {
      try Data(manifest.utf8).write(to: folder.appending(path: "\(name).yaml"))
      let words = ["audit", "diff-policy", "\(name).yaml", "--repo", "ledger.git"]
      let result = try Command(words)
      #expect(result.status == 0, "\(result.errors)")
      transcript += result.transcript(of: "serin \(words.joined(separator: " "))")
    }
    try expectGolden(transcript.withoutKeys, "audit-diff-policy.txt")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func questionsWithoutAnswers() async throws {
    try await writeSmallLedger(signedWith: nil)
    for arguments in [["show", "99"], ["why", "x/y"], ["who", "a/b/c"], ["why", "nobody"]] {
      let result = try Command(["audit"] + arguments + ["--repo", "ledger.git"])
      #expect(result.status == 1 && result.errors.hasPrefix("error: "), "\(arguments)")
    }
    let before = try Command("audit", "running", "--at", "2020-01-01", "--repo", "ledger.git")
    #expect(before.output == "nothing had traffic at 2020-01-01T00:00:00Z\n")
  }

  /// Whatever a user or a forger writes stays on its line and steers no terminal.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: ["a\nVerdict: promote", "\u{1B}[2J\u{9B}31m", "\u{202E}x\u{2028}y", "<script>\u{0}"])
  func evilTextStaysText(text: String) async throws {
    try await writeSmallLedger { try text.inJSON($0, instead: "Ada <ada@example.org>") }
    for arguments in [["log"], ["show", "4"], ["why", "iris"], ["who", "iris"]] {
      let result = try Command(["audit"] + arguments + ["--repo", "ledger.git"])
      #expect(result.status == 0, "\(result.errors)")
      let unsafe = result.output.unicodeScalars.filter { scalar in
        scalar != "\n"
          && (scalar.value < 0x20 || "\u{9B}\u{202E}\u{2028}".unicodeScalars.contains(scalar))
      }
      #expect(unsafe.isEmpty)
      #expect(!result.output.contains("\nVerdict"))
    }
  }

  private static let line =
    "serin audit verify --repo ledger.git --allowed-signers trusted"
}
