package import Audit
import Ledger
import Rollouts
import Wording

extension CSV {
  /// One row for each decision, with everything of its record that fits into a cell.
  ///
  /// Moments are ISO 8601 in UTC. What is absent is an empty cell.
  package init(_ decisions: [CommittedDecision]) {
    self.init(
      Self.columns.map(\.name), decisions.map { row in Self.columns.map { $0.cell(row) ?? "" } })
  }

  private struct Column: Sendable {
    let name: String
    let cell: @Sendable (CommittedDecision) -> String?

    init(_ name: String, _ cell: @escaping @Sendable (CommittedDecision) -> String?) {
      self.name = name
      self.cell = cell
    }
  }

  private static let columns = identity + change + what + why + numbers

  private static let identity = [
    Column("ledgerSeq") { "\($0.record.ledgerSeq)" },
    Column("decidedAt") { $0.record.decidedAt.iso8601 },
    Column("deployment") { "\($0.record.deployment)" },
    Column("rollout") { "\($0.record.rollout)" },
    Column("seq") { "\($0.record.seq)" },
    Column("commit") { $0.commit },
    Column("hasSignature") { "\($0.hasSignature)" },
    Column("controller") { $0.record.controller.instance },
    Column("epoch") { "\($0.record.controller.epoch)" },
  ]

  private static let change = [
    Column("verdict") { $0.record.verdict.rawValue },
    Column("cause") { $0.record.cause.rawValue },
    Column("from") { $0.record.from.words },
    Column("to") { $0.record.to.words },
    Column("reason") { $0.record.text },
  ]

  private static let what = [
    Column("version") { $0.record.revision?.model.version },
    Column("digest") { $0.record.revision?.model.digest },
    Column("uri") { $0.record.revision?.model.uri },
    Column("stableVersion") { $0.record.stable?.model.version },
    Column("stableDigest") { $0.record.stable?.model.digest },
  ]

  private static let why = [
    Column("repository") { $0.record.source?.repository },
    Column("sourceCommit") { $0.record.source?.commit },
    Column("path") { $0.record.source?.path },
    Column("rewrittenFrom") { $0.record.source?.rewrittenFrom },
    changes("changes") { $0.commit },
    changes("author") { $0.author },
    changes("signature") { $0.signer?.status.rawValue },
    changes("signer") { $0.signer?.principal },
    changes("signerKey") { $0.signer?.key },
    Column("moreChanges") { $0.record.source.map { $0.moreChanges.map(String.init) ?? "unknown" } },
  ]

  /// One thing of each commit that changed the manifest, newest first: the first of all columns is about
  /// the first commit.
  private static func changes(
    _ name: String, _ value: @escaping @Sendable (SourceChange) -> String?
  ) -> Column {
    Column(name) { row in
      let values = (row.record.source?.changes ?? []).map(value)
      guard values.contains(where: { $0 != nil }) else { return nil }
      return values.map { $0 ?? "" }.joined(separator: "; ")
    }
  }

  private static let numbers = [
    Column("candidateRequests") { "\($0.record.exposure.candidate)" },
    Column("stableRequests") { "\($0.record.exposure.stable)" },
    Column("checks") { $0.record.checks.map(\.summary).joined(separator: "; ") },
    Column("drift") { $0.record.drift.map(\.summary).joined(separator: "; ") },
    Column("remarks") { $0.record.remarks.map(\.rawValue).joined(separator: "; ") },
    Column("crash") { $0.record.crash?.summary },
    Column("errorSample") { $0.record.errorSample?.summary },
    Column("differences") { $0.record.differences?.summary },
    Column("previous") { $0.record.prev },
  ]
}
