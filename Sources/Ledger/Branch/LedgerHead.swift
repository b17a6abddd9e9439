import Encoding
package import Rollouts
import Wording

/// The end of the chain: what the next record must follow.
///
/// A value, so that a commit that failed leaves no trace: the new head is taken over only once the
/// commit is durable.
package struct LedgerHead: Equatable, Sendable {
  private struct Link: Equatable, Sendable {
    var seq = 0
    var digest: String?
    var retraining: Retraining?
  }

  package private(set) var end = BranchEnd()
  private var links: [DeploymentName: Link] = [:]
  private var guides = LedgerGuides()

  package init() {}

  /// Above this many bytes the replay goes into a file of its own.
  ///
  /// So that records stay readable, and alike: git keeps the difference of two files only where it
  /// is less than half of one, and no two replays have counts in common.
  static let largestInlineReplay = 1024

  /// Returns how many decisions a deployment has.
  package func seq(of deployment: DeploymentName) -> Int { links[deployment]?.seq ?? 0 }

  /// Returns the digest of a deployment's newest record.
  package func digest(of deployment: DeploymentName) -> String? { links[deployment]?.digest }

  /// Returns what a deployment's newest record says of its model's retraining.
  package func retraining(of deployment: DeploymentName) -> Retraining? {
    links[deployment]?.retraining
  }

  package var ledgerSeq: Int { end.ledgerSeq }

  /// Goes on from the end of a branch, and the newest record of each deployment on it.
  init(end: BranchEnd, newest: [RecordedDecision]) {
    self.end = end
    for decision in newest { follow(decision) }
  }

  private mutating func follow(_ decision: RecordedDecision) {
    let record = decision.record
    links[record.deployment] = Link(
      seq: record.seq, digest: decision.digest, retraining: record.retraining)
  }

  /// Notes which of the files that explain the branch are there, and who will sign.
  ///
  /// Those that are missing or outdated go with the next epoch, or with the next decision.
  package mutating func note(guides present: [String: [UInt8]], signer: PublicKey?) {
    guides = LedgerGuides(present: present, signer: signer)
  }

  /// Whether this life of a controller has claimed the epoch that the branch is in.
  package func isClaimed(by controller: ControllerIdentity) -> Bool {
    end.epoch?.life == controller.life
  }

  /// Returns the commit that begins a controller's epoch, and moves the head behind it.
  package mutating func claim(
    by controller: ControllerIdentity, at now: Instant
  ) throws -> LedgerChange {
    let epoch = end.claim(by: controller, at: now)
    let change = try commit(epoch, with: takeGuides(by: controller))
    end.follow(epoch, digest: Self.digest(of: epoch, in: change))
    return change
  }

  /// Returns the record of an adoption and its commit, and moves the head behind it.
  package mutating func adopt(
    _ taken: TakenHistory, because reason: String, by controller: ControllerIdentity,
    at now: Instant
  ) throws -> (record: Adoption, change: LedgerChange) {
    let adoption = Adoption(
      schema: Adoption.schema, ledgerSeq: ledgerSeq + 1, controller: recorded(controller),
      adoptedAt: now, taken: taken.side, tip: taken.tip, left: taken.left,
      leftCommits: taken.leftCommits, keptAt: taken.keptAt, reason: CommitMessage.line(reason))
    let change = try commit(adoption)
    end.follow(SealedEntry(adoption, digest: Self.digest(of: adoption, in: change)))
    return (adoption, change)
  }

  /// Whether a decision of this moment has to wait for a seal of the days before.
  package func isSealDue(at moment: Instant) -> Bool { end.unsealed.isDue(at: moment) }

  /// Returns the commit that seals the days that are over, and moves the head behind it; nil when
  /// every one of them is sealed.
  ///
  /// The controller must have claimed the epoch.
  package mutating func seal(
    by controller: ControllerIdentity, at now: Instant
  ) throws -> LedgerChange? {
    guard let seal = end.unsealed.seal(by: recorded(controller), at: now) else { return nil }
    let change = try commit(seal)
    end.follow(seal, digest: Self.digest(of: seal, in: change))
    return change
  }

  private static func digest(of milestone: some Milestone, in change: LedgerChange) -> String {
    Digest(of: change.files[milestone.path] ?? []).description
  }

  /// Returns who a record is by; the controller must have claimed the epoch.
  private func recorded(_ controller: ControllerIdentity) -> RecordedController {
    guard let epoch = end.epoch else { preconditionFailure("no epoch was claimed") }
    precondition(epoch.life == controller.life, "the epoch is that of \(epoch.life)")
    return RecordedController(
      instance: controller.instance, version: controller.version,
      epoch: epoch.controller.epoch)
  }

  private func commit(
    _ milestone: some Milestone, with guides: [String: [UInt8]] = [:]
  ) throws -> LedgerChange {
    let bytes = try milestone.file()
    let message = CommitMessage(milestone, digest: Digest(of: bytes).description)
    return LedgerChange(
      files: guides.merging([milestone.path: bytes]) { $1 }, message: message.description,
      date: milestone.moment)
  }

  /// Returns the guides that the next commit has to bring.
  private mutating func takeGuides(by controller: ControllerIdentity) -> [String: [UInt8]] {
    defer { guides.isCurrent = true }
    return guides.outdated(at: ledgerSeq + 1, by: controller.instance)
  }

  /// Returns the commit for one more decision, and moves the head behind it.
  ///
  /// The controller must have claimed the epoch. With a `coolDown` there is somebody to ask for the
  /// model to be trained again.
  package mutating func append(
    _ decision: Decision, of rollout: Rollout, source: SourceReference?, appliedAt: Instant?,
    by controller: ControllerIdentity, from journal: Journal, coolDown: Duration? = nil
  ) throws -> LedgerChange {
    let link = links[rollout.name] ?? Link()
    var record = Record(
      schema: Record.schema, seq: link.seq + 1, ledgerSeq: ledgerSeq + 1, prev: link.digest,
      deployment: rollout.name, rollout: rollout.number,
      controller: recorded(controller),
      observedAt: decision.decidedAt, decidedAt: decision.decidedAt, previousAppliedAt: appliedAt,
      verdict: decision.verdict,
      cause: decision.cause, reason: decision.reason, detail: decision.detail.safe,
      text: CommitMessage.line(decision.sentence), late: decision.late?.safe, from: decision.from,
      to: decision.to, routes: rollout.plan.routes, generation: rollout.generation,
      revision: decision.revision, stable: rollout.stable,
      wanted: rollout.wanted.map(RecordedWanted.init), source: source,
      checks: decision.checks, drift: decision.drift, goal: decision.goal,
      arms: decision.arms, slices: decision.slices, group: decision.group,
      exposure: decision.exposure,
      remarks: decision.remarks, crash: decision.crash, errorSample: decision.errorSample,
      differences: decision.differences,
      engine: RecordedEngine(decisionVersion: rollout.decisionVersion), evidence: nil)
    record.retraining = .after(link.retraining, for: record, coolDown: coolDown)
    let path = LedgerPaths.record(
      rollout.name, seq: record.seq, at: decision.decidedAt)
    var files = [LedgerPaths.status(rollout.name): Array(Status(record).yaml.utf8)]
    let replay = try journal.replay(leadingTo: rollout).json()
    let evidence = replay.file
    let isInline = evidence.count <= Self.largestInlineReplay
    if !isInline {
      files[LedgerPaths.evidence(ofRecordAt: path)] = evidence
      record.evidence = Digest(of: evidence).description
    }
    let bytes = try JSONValue(encoding: record).with("replay", isInline ? replay : .null).file
    let digest = Digest(of: bytes).description
    files[path] = bytes
    files.merge(takeGuides(by: controller)) { $1 }
    let recorded = RecordedDecision(record: record, digest: digest)
    follow(recorded)
    end.follow(SealedEntry(recorded))
    let message = CommitMessage(record, digest: digest).description
    return LedgerChange(files: files, message: message, date: decision.decidedAt)
  }
}

extension Detail? {
  /// The text on one line, without anything that a terminal obeys.
  var safe: Detail? { flatMap { Detail(CommitMessage.line($0.description)) } }
}

extension Lateness {
  fileprivate var safe: Lateness { Lateness(detail: detail.safe) }
}
