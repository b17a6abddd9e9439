import Audit
import Ledger
import SimulationKit
import Testing

/// What the cost of a ledger is measured on is a ledger like any other.
@Suite struct SyntheticLedgerTests {
  private static let controller = ControllerIdentity(instance: "bench", version: "1", life: "1")

  private static func changes(_ count: Int, seed: UInt64) throws -> [LedgerChange] {
    var ledger = SyntheticLedger(deployments: 4, controller: controller, seed: seed)
    return try (0..<count).map { _ in try ledger.next() }
  }

  /// Enough decisions for a day to end, and for a version to be rolled back.
  @Test func everyDecisionIsVerifiedAndMadeAgain() throws {
    let key = SigningKey(comment: "")
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "bench")))
    let drafts = LedgerDraft.drafts(of: try Self.changes(350, seed: 1), key: key)
    for commit in try LedgerDraft.commits(of: drafts) { try audit.check(commit) }
    #expect(audit.report.records == 350)
    for verdict in ["admit", "advance", "promote", "complete", "rollback", "seal"] {
      #expect(audit.report.verdicts[verdict, default: 0] > 0, "\(verdict)")
    }
  }

  @Test func oneSeedGivesOneLedger() throws {
    let ledgers = try [1, 1, 2].map { try Self.changes(30, seed: $0) }
    #expect(ledgers[0].map(\.files) == ledgers[1].map(\.files))
    #expect(ledgers[0].map(\.files) != ledgers[2].map(\.files))
  }
}
