import Audit
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Whatever dies and whenever, the ledger that is left is one that the audit finds right.
@Suite struct AuditedCrashTests {
  /// Seven minutes, so that the day ends in the middle of a rollout.
  private static let justBeforeMidnight = SimulatedClock.start.advanced(
    by: .seconds(14 * 3600 - 7 * 60))

  @Test(arguments: UInt64(0)..<60)
  func ledgersOfCrashesAreRight(seed: UInt64) throws {
    let scenario = CrashTests.told(
      seed: seed, World.Faults(crash: 40, hiccup: 15), start: Self.justBeforeMidnight)
    let key = SigningKey(comment: "")
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "simulation")))
    let drafts = LedgerDraft.drafts(of: scenario.world.ledger, key: key)
    for commit in try LedgerDraft.commits(of: drafts) {
      do throws(Finding) {
        try audit.check(commit)
      } catch {
        Issue.record("seed \(seed): \(error)\n\(scenario.world.story.joined(separator: "\n"))")
        return
      }
    }
    #expect(audit.report.records == scenario.world.story.count)
    #expect(audit.report.verdicts["seal"] == 1)
  }
}
