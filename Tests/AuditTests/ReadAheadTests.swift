import Audit
import Ledger
import SimulationKit
import Testing

/// Commits that are read ahead are judged as those that are read one by one.
@Suite struct ReadAheadTests {
  private static let ledger = Result {
    let controller = ControllerIdentity(instance: "simulation", version: "0", life: "1")
    var ledger = SyntheticLedger(deployments: 4, controller: controller, seed: 1)
    return try (0..<150).map { _ in try ledger.next() }
  }

  /// The first thing that is wrong is the same, and everything before it was told, in order.
  ///
  /// A ledger without anything wrong is among them; all are longer than what is read at once.
  @Test(arguments: [nil, 0, 1, 63, 64, 65, 127, 128, 149])
  func findingIsTheSame(wrong: Int?) async throws {
    var drafts = LedgerDraft.drafts(of: try Self.ledger.get(), key: Forgery.key)
    if let wrong { drafts[wrong].message += "Signed-off-by: somebody\n" }
    let commits = try LedgerDraft.commits(of: drafts)
    let expected = firstFinding(in: commits, try Forgery.signers())

    var (audit, told): (LedgerAudit, [String]) = (
      LedgerAudit(signers: try Forgery.signers()), []
    )
    do {
      try await audit.check(MemoryHistory(commits)) { id, decision in
        told.append(id)
        #expect(decision == nil || decision?.record.ledgerSeq == told.count)
      }
      #expect(expected == nil)
    } catch let finding as Finding {
      #expect(finding == expected)
    }
    #expect(told == commits.prefix(wrong ?? commits.count).map(\.id))
    #expect(audit.report.records == told.count && audit.tip == told.last)
  }
}

/// A ledger's branch in memory.
private actor MemoryHistory: LedgerHistory {
  private var commits: ArraySlice<LedgerCommit>

  init(_ commits: [LedgerCommit]) { self.commits = commits[...] }

  func next() -> LedgerCommit? { commits.popFirst() }
}
