package import Ledger
import Analysis
package import Encoding
package import Rollouts

/// A decision as a reader of the branch finds it.
package struct CommittedDecision: Equatable, Sendable, Encodable {
  package let commit: String
  /// Whether the commit has a signature, which nobody has checked.
  package let hasSignature: Bool
  package let record: Record

  package init(commit: String, hasSignature: Bool, record: Record) {
    self.commit = commit
    self.hasSignature = hasSignature
    self.record = record
  }
}

/// A number of the branch that is no decision's, and what has it: "epoch", "seal", "adopt".
package struct NumberedMilestone: Equatable, Sendable, Encodable {
  package let ledgerSeq: Int
  package let word: String

  package init(ledgerSeq: Int, word: String) {
    self.ledgerSeq = ledgerSeq
    self.word = word
  }

  fileprivate init<Kind: Milestone>(_ milestone: Kind) {
    self.init(ledgerSeq: milestone.ledgerSeq, word: Kind.word)
  }
}

/// A record that is no decision, and the digest of its bytes.
struct CommittedMilestone<Kind: Milestone> {
  let milestone: Kind
  let digest: String
}

extension LedgerCommit {
  /// Returns the decisions that a commit adds, which is one; nothing is verified.
  ///
  /// A commit without a record has none: it is the audit's to find it wrong.
  package func decisions() throws(LedgerError) -> [CommittedDecision] {
    let hasSignature = CommitObject(object)?.signature != nil
    return try recordedDecisions().map {
      CommittedDecision(commit: id, hasSignature: hasSignature, record: $0.record)
    }
  }

  /// Returns the decisions with the digests of their records.
  func recordedDecisions() throws(LedgerError) -> [RecordedDecision] {
    var decisions: [RecordedDecision] = []
    for change in changes
    where change.kind != .removed && LedgerPaths.parseRecord(change.path) != nil {
      let record = try Record(withoutReplay: change.contents, at: change.path)
      let digest = Digest(of: change.contents).description
      decisions.append(RecordedDecision(record: record, digest: digest))
    }
    return decisions
  }

  /// Returns what a record's decision is derived from: in the evidence file, or in the record itself.
  package func replay(of record: Record) -> JSONValue {
    let place = LedgerPaths.record(record.deployment, seq: record.seq, at: record.decidedAt)
    let evidence = value(at: LedgerPaths.evidence(ofRecordAt: place))
    return evidence ?? value(at: place)?["replay"] ?? .null
  }

  /// Calls one of the two with what the commit adds.
  ///
  /// Never inlined: the optimiser of Swift 6.3 crashes when it splits an async function that holds this.
  @inline(never)
  fileprivate func tell(
    _ body: (CommittedDecision) -> Void, other: (NumberedMilestone) -> Void
  ) throws(LedgerError) {
    try decisions().forEach(body)
    if let milestone = numberedMilestone { other(milestone) }
  }

  /// The record that is no decision; nil when none is here.
  private var numberedMilestone: NumberedMilestone? {
    (epoch?.milestone).map(NumberedMilestone.init)
      ?? (adoption?.milestone).map(NumberedMilestone.init)
      ?? (seal?.milestone).map(NumberedMilestone.init)
  }

  var epoch: CommittedMilestone<Epoch>? { milestone { LedgerPaths.parseEpoch($0) != nil } }
  var adoption: CommittedMilestone<Adoption>? {
    milestone { LedgerPaths.parseAdoption($0) != nil }
  }
  var seal: CommittedMilestone<Seal>? { milestone { LedgerPaths.parseSeal($0) != nil } }

  private func milestone<Kind: Milestone>(
    _ isPlace: (String) -> Bool
  ) -> CommittedMilestone<Kind>? {
    guard let file = changes.first(where: { isPlace($0.path) }),
      let milestone = Kind(file: file.contents)
    else { return nil }
    return CommittedMilestone(
      milestone: milestone, digest: Digest(of: file.contents).description)
  }

  private func value(at path: String) -> JSONValue? {
    let file = changes.first { $0.path == path }
    return file.flatMap { try? JSONValue(file: $0.contents) }
  }
}

extension LedgerHistory {
  /// Calls `body` with every decision and what it is to be derived from again, oldest first; nothing is
  /// verified.
  package func forEachReplay(
    _ body: (CommittedDecision, JSONValue) throws -> Void
  ) async throws {
    while let commit = try await next() {
      for decision in try commit.decisions() {
        try body(decision, commit.replay(of: decision.record))
      }
    }
  }

  /// Calls `body` with every decision, oldest first; nothing is verified.
  package func forEach(
    _ body: (CommittedDecision) -> Void, other: (NumberedMilestone) -> Void = { _ in }
  ) async throws {
    while let commit = try await next() { try commit.tell(body, other: other) }
  }
}

/// What one deployment served, followed from decision to decision.
package struct Serving: Equatable, Sendable {
  /// A revision with one share of the traffic.
  package struct Interval: Equatable, Sendable, Encodable {
    package let deployment: DeploymentName
    package let revision: Revision
    package let weight: PerMille
    package let from: Instant
    /// Nil while it lasts.
    @SpeltOut package fileprivate(set) var until: Instant?
    /// The requests that it answered, as far as later decisions have counted them.
    package fileprivate(set) var requests = 0
  }

  private var open: [Revision.ID: Interval] = [:]
  private var candidate: Revision?

  package init() {}

  /// Takes the next decision of the deployment over.
  ///
  /// - Returns: The shares that it ended.
  package mutating func follow(_ record: Record) -> [Interval] {
    for id in open.keys {
      let (exposure, arm) = (record.exposure, record.arms?.first { $0.revision.id == id })
      open[id]?.requests +=
        arm?.requests ?? (id == candidate?.id ? exposure.candidate : exposure.stable)
    }
    let ended = present.filter { record.weight(of: $0.revision.id) != $0.weight }
    for interval in ended { open[interval.revision.id] = nil }
    begin(record)
    candidate = Self.candidate(after: record, before: candidate)
    return ended.map { interval in
      var interval = interval
      interval.until = record.decidedAt
      return interval
    }
  }

  /// What serves since the last decision, by revision.
  package var present: [Interval] { open.sorted { $0.key < $1.key }.map(\.value) }

  private mutating func begin(_ record: Record) {
    let arms = record.arms?.map(\.revision) ?? []
    for revision in [record.revision, record.stable].compactMap(\.self) + arms {
      let weight = record.weight(of: revision.id)
      guard weight > .none, open[revision.id] == nil else { continue }
      open[revision.id] = Interval(
        deployment: record.deployment, revision: revision, weight: weight,
        from: record.decidedAt, until: nil)
    }
  }

  /// A candidate is admitted or supersedes one, and is none any more when the rollout is over.
  private static func candidate(after record: Record, before: Revision?) -> Revision? {
    switch record.verdict {
    case .admit, .supersede, .promote: record.revision
    // Of several candidates one left, and the others stay where they are.
    case .reject, .rollback:
      record.from.phase != record.to.phase
        ? nil : record.arms?.first { $0.revision.id != record.revision?.id }?.revision
    case .complete, .abort: nil
    case .alert, .gap: record.to == .healthy ? nil : before
    case .advance, .hold, .resume, .decommission: before
    }
  }
}

extension Record {
  /// The share of the clients that a revision answers after the decision, of which it may have several parts.
  package func weight(of revision: Revision.ID) -> PerMille {
    let parts = routes.flatMap(\.shares).filter { $0.revision == revision }
    return PerMille(min(1000, parts.reduce(0) { $0.adding(saturating: $1.weight.value) }))
  }
}
