import Foundation
import Golden
import Ledger
import TestKit
import Testing

/// What an auditor takes away, from real git repositories.
@Suite struct AuditExportTests {
  private func export(_ arguments: String...) throws -> Command {
    try Command(["audit", "export", "--repo", "ledger.git", "--format"] + arguments)
  }

  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["csv", "--deployment", "iris", "--rollout", "2"], "export.csv"),
      (["html", "--deployment", "iris", "--rollout", "2"], "export.html"),
    ])
  func exports(arguments: [String], name: String) async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    let words = ["audit", "export", "--repo", "ledger.git", "--format"] + arguments
    let result = try Command(words + ["--allowed-signers", "trusted"])
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
    try expectGolden(
      result.output.withoutKeys.replacing("\r\n", with: "\n")
        .replacing(/<code class="short">[0-9a-f]{12}/, with: "<code class=\"short\">COMMIT"),
      "audit-\(name)")
  }

  /// JSON has the records as they were committed, and those that were asked for alone.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func jsonHasTheRecords() async throws {
    try await writeSmallLedger()
    let all = try export("json")
    #expect(all.output.count(of: "\"hasSignature\": false") == 10)
    let some = try export("json", "--deployment", "search/ranker")
    #expect(some.output.count(of: "\"hasSignature\": false") == 3)
    #expect(!some.output.contains("iris.yaml"))
  }

  /// A ledger that was tampered with is exported as what it is, and no script overlooks it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["csv", "json", "html"])
  func wrongLedgerIsSaid(format: String) async throws {
    try await writeSmallLedger(signedWith: SigningKey(comment: ""))
    let other = AllowedSigners.line(for: SigningKey(comment: "").publicKey, of: "simulation")
    try Data("\(other)\n".utf8).write(to: TemporaryFolder.current.appending(path: "trusted"))
    let result = try export(format, "--allowed-signers", "trusted")
    #expect(result.status == 24)
    #expect(result.errors.hasPrefix("the ledger is wrong: signer: record 1: "))
    #expect(format != "html" || result.output.contains("<h2>Verification failed</h2>"))
  }

  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["html", "--rollout", "2"], 64), (["pdf"], 64), (["csv", "--deployment", "nobody"], 1),
      (["csv", "--deployment", "iris", "--rollout", "9"], 1),
      (["csv", "--allowed-signers", "missing"], 1),
    ] as [([String], Int32)])
  func wrongUsage(arguments: [String], status: Int32) async throws {
    try await writeSmallLedger()
    let words = ["audit", "export", "--repo", "ledger.git", "--format"] + arguments
    let result = try Command(words)
    #expect(result.status == status && result.output == "", "\(result.errors)")
  }
}

extension String {
  fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}
