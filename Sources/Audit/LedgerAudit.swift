package import Ledger
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
    let to: Position
    let retraining: Retraining?
  }

  package let signers: AllowedSigners
  /// The last commit that was verified.
  package private(set) var tip: String?
  private(set) var seconds: Int64?
  package private(set) var end = BranchEnd()
  private(set) var links: [DeploymentName: Link] = [:]
  /// Whether every decision is made again.
  private let replays: Bool
  private var rederivations: [DeploymentName: Rederivation] = [:]
  package private(set) var report: AuditReport
  /// The decision in the last commit that was verified; nil when it held another record.
  package private(set) var decision: RecordedDecision?

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
  ///   - end: The end of the branch as a whole at that commit.
  ///   - states: What those records left, to decide again from; nil to decide nothing again.
  package init(
    signers: AllowedSigners, tip: String, seconds: Int64, newest: [RecordedDecision],
    end: BranchEnd, states: [Rollout]?
  ) {
    self.signers = signers
    replays = states != nil
    for state in states ?? [] { rederivations[state.name] = Rederivation(after: state) }
    self.tip = tip
    self.seconds = seconds
    self.end = end
    report = AuditReport(ledgerSeq: end.ledgerSeq)
    for decision in newest { follow(decision) }
  }

  /// Checks who signed the commit behind which an audit begins: its name alone says that it is the one that
  /// somebody gave.
  package static func checkStart(
    _ object: [UInt8], of commit: String, at seq: Int, _ signers: AllowedSigners
  ) throws(Finding) {
    let commit = LedgerCommit(id: commit, object: object, changes: [])
    try CommitReader(commit: commit, seq: seq, signers: signers, replays: false).checkSigner()
  }

  /// How many deployments the branch has had.
  package var deployments: Int { links.count }

  /// The number that the next commit must have.
  package var nextSeq: Int { report.last + 1 }

  /// Verifies the next commit, and moves behind it.
  package mutating func check(_ commit: LedgerCommit) throws(Finding) {
    let reader = CommitReader(commit: commit, seq: nextSeq, signers: signers, replays: replays)
    try check(reader.read())
  }

  /// Verifies every commit of a history, and reads the next ones meanwhile on other cores.
  ///
  /// - Parameters:
  ///   - history: The commits behind the last one that was verified.
  ///   - body: Called after each commit with its name and its decision, which is nil for another record.
  /// - Throws: The first `Finding`, and what the history or `body` throws.
  package mutating func check(
    _ history: some LedgerHistory, _ body: (String, RecordedDecision?) async throws -> Void
  ) async throws {
    let (signers, replays) = (signers, replays)
    var readings = try await history.readings(from: nextSeq, signers, forReplay: replays)
    while !readings.isEmpty {
      let seq = nextSeq + readings.count
      async let next = history.readings(from: seq, signers, forReplay: replays)
      for reading in readings {
        try check(reading)
        try await body(reading.reader.commit.id, decision)
      }
      readings = try await next
    }
  }

  private mutating func check(_ reading: CommitReading) throws(Finding) {
    decision = nil
    // The inspection shares what is known so far. It must be gone before that changes: otherwise all
    // of it would be copied, for each commit.
    let (header, found) = try Inspection(reading: reading, audit: self).everything()
    switch found {
    case .epoch(let epoch):
      end.follow(epoch.milestone, digest: epoch.digest)
      report.add(epoch.milestone, header.key)
    case .adoption(let adoption):
      end.follow(SealedEntry(adoption.milestone, digest: adoption.digest))
      report.add(adoption.milestone, header.key)
    case .seal(let seal):
      end.follow(seal.milestone, digest: seal.digest)
      report.add(seal.milestone, header.key)
    case .decision(let result):
      try decideAgain(result, reading.reader)
      follow(result.decision)
      end.follow(SealedEntry(result.decision))
      report.add(result.decision.record, header.key)
      decision = result.decision
    }
    (tip, seconds) = (reading.reader.commit.id, header.object.seconds)
  }

  private mutating func decideAgain(
    _ result: Inspection.Result, _ reader: CommitReader
  ) throws(Finding) {
    let record = result.decision.record
    guard replays,
      let difference = rederivations[record.deployment, default: Rederivation()]
        .check(record, result.replay)
    else { return }
    throw reader.finding(
      .replay, at: result.path, "\(difference.field) \(difference.derived)",
      difference.recorded)
  }

  private mutating func follow(_ decision: RecordedDecision) {
    let record = decision.record
    links[record.deployment] = Link(
      seq: record.seq, digest: decision.digest, rollout: record.rollout, to: record.to,
      retraining: record.retraining)
  }
}

/// What an audit has found to be right.
package struct AuditReport: Equatable, Sendable, Encodable {
  /// One key, and what it signed.
  package struct Signer: Equatable, Sendable, Encodable {
    /// By which it is found again: the text is made once, as each takes a digest.
    fileprivate let publicKey: PublicKey
    package let key: String
    package let instance: String
    package let first: Int
    package fileprivate(set) var last: Int
    package fileprivate(set) var records: Int

    private enum CodingKeys: CodingKey { case key, instance, first, last, records }
  }

  /// The records on the branch that were verified, by number; none when `last` is less.
  package let first: Int
  package private(set) var last: Int
  /// How many of them are decisions about deployments.
  package private(set) var decisions = 0
  /// How many there are of each kind, by verdict.
  package private(set) var verdicts: [String: Int] = [:]
  package private(set) var signers: [Signer] = []
  /// When the first and the last decision of them were made.
  package private(set) var since: Instant?
  package private(set) var until: Instant?

  init(ledgerSeq: Int) {
    first = ledgerSeq + 1
    last = ledgerSeq
  }

  package var records: Int { last - first + 1 }

  mutating func add(_ record: Record, _ key: PublicKey) {
    decisions += 1
    since = since ?? record.decidedAt
    until = record.decidedAt
    add(record.verdict.rawValue, record.ledgerSeq, record.controller, key)
  }

  mutating func add<Kind: Milestone>(_ milestone: Kind, _ key: PublicKey) {
    add(Kind.word, milestone.ledgerSeq, milestone.controller, key)
  }

  private mutating func add(
    _ word: String, _ ledgerSeq: Int, _ controller: RecordedController, _ key: PublicKey
  ) {
    last = ledgerSeq
    verdicts[word, default: 0] += 1
    let instance = controller.instance
    let known = signers.firstIndex { $0.publicKey == key && $0.instance == instance }
    if let known {
      signers[known].last = ledgerSeq
      signers[known].records += 1
    } else {
      signers.append(
        Signer(
          publicKey: key, key: key.description, instance: instance, first: ledgerSeq,
          last: ledgerSeq, records: 1))
    }
  }
}
