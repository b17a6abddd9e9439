package import Rollouts

/// Verifies a ledger from its oldest commit to its newest, in one pass and without remembering it.
///
/// Think of an inspector who walks along a chain with a seal in hand: of what lies behind only the
/// last link of each deployment is kept. The first thing that is wrong ends the walk, because
/// nothing after it follows from anything.
///
/// What it cannot see is the end: newer commits that were taken away. Whoever keeps the tip of the
/// last verification finds that, too.
package struct LedgerAudit: Sendable {
  /// The end of one deployment's chain.
  struct Link: Equatable, Sendable {
    let seq: Int
    let digest: String
    let rollout: Int
    let to: String
  }

  let signers: AllowedSigners
  /// The last commit that was verified.
  package private(set) var tip: String?
  private(set) var seconds: Int64?
  private(set) var epoch = 0
  private(set) var links: [DeploymentName: Link] = [:]
  /// Whether every decision is made again.
  private let replays: Bool
  private var rederivations: [DeploymentName: Rederivation] = [:]
  package private(set) var report: AuditReport

  /// Starts at the root of the branch.
  package init(signers: AllowedSigners, replays: Bool = true) {
    self.signers = signers
    self.replays = replays
    report = AuditReport(ledgerSeq: 0)
  }

  /// Starts behind a commit that was verified before.
  ///
  /// - Parameters:
  ///   - signers: The trust root.
  ///   - tip: The commit.
  ///   - seconds: Its date, since 1970.
  ///   - newest: The newest record of each deployment at that commit.
  ///   - states: What those records left, to decide again from; nil to decide nothing again.
  package init(
    signers: AllowedSigners, tip: String, seconds: Int64, newest: [RecordedDecision],
    states: [Rollout]?
  ) {
    self.signers = signers
    replays = states != nil
    for state in states ?? [] { rederivations[state.name] = Rederivation(after: state) }
    self.tip = tip
    self.seconds = seconds
    report = AuditReport(ledgerSeq: newest.map(\.record.ledgerSeq).max() ?? 0)
    epoch = newest.map(\.record.controller.epoch).max() ?? 0
    for decision in newest { follow(decision) }
  }

  /// How many deployments the branch has had.
  package var deployments: Int { links.count }

  /// The number that the next commit must have.
  package var nextSeq: Int { report.last + 1 }

  /// Verifies the next commit, and moves behind it.
  package mutating func check(_ commit: LedgerCommit) throws(Finding) {
    let inspection = Inspection(commit, at: nextSeq, in: self)
    let result = try inspection.run()
    let record = result.decision.record
    if replays,
      let difference = rederivations[record.deployment, default: Rederivation()]
        .check(record, result.replay)
    {
      throw inspection.finding(
        .replay, at: result.path, "\(difference.field) \(difference.derived)",
        difference.recorded)
    }
    follow(result.decision)
    (tip, seconds, epoch) = (commit.id, result.object.seconds, record.controller.epoch)
    report.add(record, result.key)
  }

  private mutating func follow(_ decision: RecordedDecision) {
    let record = decision.record
    links[record.deployment] = Link(
      seq: record.seq, digest: decision.digest, rollout: record.rollout, to: record.to)
  }
}

/// A record and the digest of its bytes.
package struct RecordedDecision: Equatable, Sendable {
  package let record: Record
  package let digest: String
}

/// What an audit has found to be right.
package struct AuditReport: Equatable, Sendable, Encodable {
  /// One key, and what it signed.
  package struct Signer: Equatable, Sendable, Encodable {
    package let key: String
    package let instance: String
    package let first: Int
    package fileprivate(set) var last: Int
    package fileprivate(set) var decisions: Int
  }

  /// The decisions on the branch that were verified, by number; none when `last` is less.
  package let first: Int
  package private(set) var last: Int
  package private(set) var verdicts: [String: Int] = [:]
  package private(set) var signers: [Signer] = []
  /// When the first and the last of them were decided.
  package private(set) var since: Instant?
  package private(set) var until: Instant?

  init(ledgerSeq: Int) {
    first = ledgerSeq + 1
    last = ledgerSeq
  }

  package var decisions: Int { last - first + 1 }

  mutating func add(_ record: Record, _ key: PublicKey) {
    last = record.ledgerSeq
    verdicts[record.verdict.rawValue, default: 0] += 1
    since = since ?? record.decidedAt
    until = record.decidedAt
    let (key, instance) = (key.description, record.controller.instance)
    let known = signers.firstIndex { $0.key == key && $0.instance == instance }
    if let known {
      signers[known].last = record.ledgerSeq
      signers[known].decisions += 1
    } else {
      signers.append(
        Signer(
          key: key, instance: instance, first: record.ledgerSeq, last: record.ledgerSeq,
          decisions: 1))
    }
  }
}
