package import Encoding
import Ledger
package import Rollouts

/// The decisions that an auditor looks at first, found in one pass over a branch.
///
/// What is wrong with a manifest is said at the first decision that rests on it, not at each that
/// follows from that one.
package struct Exceptions: Sendable {
  /// Why a decision is worth a look.
  package enum Kind: String, Sendable, Encodable, CaseIterable {
    case rollback, hold, alert, gap, late, inconclusive, unsigned, signer, rewritten, digest
  }

  /// One reason to look at one decision, or at many for the same.
  package struct Item: Equatable, Sendable, Encodable {
    package let kind: Kind
    package let ledgerSeq: Int
    /// The last of `count` decisions that begin with this one.
    package fileprivate(set) var lastLedgerSeq: Int
    package fileprivate(set) var count = 1
    package let commit: String
    /// Nil for decisions of several.
    @SpeltOut package fileprivate(set) var deployment: DeploymentName?
    package let decidedAt: Instant
    package fileprivate(set) var detail: String
  }

  /// What was found, in the order of the branch; all unsigned commits are one item.
  package private(set) var items: [Item] = []
  /// Where the unsigned ones are among the items.
  private var unsigned: Int?
  private let period: Period
  /// The latest moment of any decision so far.
  private var latest: Instant?
  /// What was said of a manifest already.
  private var said: Set<[String]> = []

  package init(in period: Period) { self.period = period }

  /// Takes over the next decision of the branch, in the order of its commits.
  package mutating func add(_ decision: CommittedDecision) {
    let record = decision.record
    var found = reasons(for: decision)
    for (kind, subject, detail) in manifestReasons(for: record)
    where said.insert([kind.rawValue, record.deployment.description, subject]).inserted {
      found.append((kind, detail))
    }
    latest = max(latest ?? record.decidedAt, record.decidedAt)
    guard period.contains(record.decidedAt) else { return }
    items += found.map { kind, detail in
      Item(
        kind: kind, ledgerSeq: record.ledgerSeq, lastLedgerSeq: record.ledgerSeq,
        commit: decision.commit, deployment: record.deployment, decidedAt: record.decidedAt,
        detail: detail)
    }
    if !decision.hasSignature { addUnsigned(decision) }
  }

  /// A ledger without a key has thousands of them, which say one thing.
  private mutating func addUnsigned(_ decision: CommittedDecision) {
    let record = decision.record
    guard let index = unsigned else {
      unsigned = items.count
      items.append(
        Item(
          kind: .unsigned, ledgerSeq: record.ledgerSeq, lastLedgerSeq: record.ledgerSeq,
          commit: decision.commit, deployment: record.deployment, decidedAt: record.decidedAt,
          detail: "the commit has no signature"))
      return
    }
    items[index].count += 1
    items[index].lastLedgerSeq = record.ledgerSeq
    if items[index].deployment != record.deployment { items[index].deployment = nil }
    items[index].detail =
      "the commits of \(items[index].count) decisions, from \(items[index].ledgerSeq) to "
      + "\(record.ledgerSeq), have no signature"
  }

  private func reasons(for decision: CommittedDecision) -> [(Kind, String)] {
    let record = decision.record
    var found: [(Kind, String)] = []
    if let kind = Self.kind(of: record.verdict) { found.append((kind, record.text)) }
    if record.late != nil {
      found.append((.late, record.text))
    } else if let latest, record.decidedAt < latest {
      found.append((.late, "decided before a decision that stands in front of it"))
    }
    if record.reason == .goesOn(warrant: .policy) {
      found.append((.inconclusive, record.text))
    }
    return found
  }

  private static func kind(of verdict: Decision.Verdict) -> Kind? {
    switch verdict {
    case .rollback: .rollback
    case .hold: .hold
    case .alert: .alert
    case .gap: .gap
    case .admit, .reject, .advance, .promote, .resume, .complete, .abort, .supersede: nil
    case .decommission: nil
    }
  }

  /// What is worth a look about the manifest, and the commit or revision that it is said of once.
  private func manifestReasons(for record: Record) -> [(Kind, subject: String, String)] {
    var found: [(Kind, subject: String, String)] = []
    if let source = record.source, let old = source.rewrittenFrom {
      found.append((.rewritten, source.commit, "\(source.commit) does not follow from \(old)"))
    }
    for change in record.source?.changes ?? [] {
      guard let signer = change.signer, signer.status != .good else { continue }
      found.append((.signer, change.commit, "\(change.commit): \(signer.words)"))
    }
    if let revision = record.revision, revision.model.digest == nil {
      found.append(
        (.digest, revision.id.description, "v\(revision.model.version) has no digest"))
    }
    return found
  }
}
