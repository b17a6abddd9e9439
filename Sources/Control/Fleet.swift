package import Ledger
package import Logging
import Manifests
package import Rollouts

/// All deployments of one controller: the loop's body.
///
/// One look at one deployment is: observe, advance, record, act. What goes wrong with one deployment is
/// said, and leaves the others alone.
package actor Fleet {
  let ports: Ports
  private let identity: ControllerIdentity
  private let repository: String
  /// Whether an operator vouches that no other controller is alive.
  private let takesOver: Bool
  let logger: Logger
  let failures: DeduplicatedErrors

  var members: [DeploymentName: Member] = [:]
  var head = LedgerHead()
  /// Whether the head is that of the branch: not while the branch was moved and not yet read.
  var isHeadRead = false
  private var snapshot: Snapshot?
  private var removals = Removals(missing: [], of: 0, isConfirmed: false)
  /// Why risk may not grow now, for reasons that are those of all deployments.
  private var restrictions: Set<Restriction> = [.notOwner]
  private var readRestrictions: @Sendable () async -> Set<Restriction> = { [.notOwner] }
  private(set) var isStopped = false
  var passing = Passing()
  /// Whether another controller is in charge: what is recorded is served, and nothing decided.
  var standsBy = false
  /// What was decided in this life.
  private(set) var decided = DecisionCounts()
  /// What was counted in it that is no evidence.
  private(set) var apart = TotalsApart()
  /// How far the counters of each runtime were behind at the last look.
  private(set) var lags: [String: Duration] = [:]
  /// The digests of the records that the trainer has been told of, or never will be.
  var settled: Set<String> = []
  /// Whether a new commit asks for a look at every deployment.
  private var isEverythingDue = false
  /// The time of the last look.
  private(set) var latest = never
  /// Called after each decision was committed, with its moment.
  private var onCommit: @Sendable (Instant) async -> Void = { _ in }

  static let never = Instant(milliseconds: 0)
  /// While nothing is on trial, the memory of a look is worth one write a minute.
  static let checkpointEvery = Duration.seconds(60)
  /// What a time server corrects in its daily work is less.
  static let largestStepBack = Duration.seconds(60)

  package init(
    ports: Ports, identity: ControllerIdentity, repository: String, takesOver: Bool, logger: Logger
  ) {
    self.ports = ports
    self.takesOver = takesOver
    self.identity = identity
    self.repository = repository
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
  }

  /// Says whom to tell of each committed decision.
  package func notify(_ onCommit: @escaping @Sendable (Instant) async -> Void) {
    self.onCommit = onCommit
  }

  /// Claims the epoch after the ledger's, unless this life has one.
  package func claimOrComplain() async {
    guard !head.isClaimed(by: identity), !isStopped else { return }
    await failures.run("record an epoch") { try await self.claim() }
  }

  private func claim() async throws {
    guard isHeadRead else { throw UnreadHead() }
    guard !head.isClaimed(by: identity) else { return }
    var head = head
    let change = try head.claim(by: identity, at: max(latest, ports.clock.now))
    guard let epoch = head.end.epoch else { preconditionFailure("a claim is an epoch") }
    try await ports.checkpoints.noteTenure(
      of: epoch, after: ports.store.publishedEpoch()?.claim, isVouched: takesOver)
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(epoch.claimedAt)
  }

  /// Seals the days that are over, before anything is decided in a later one.
  private func seal() async throws {
    let now = max(latest, ports.clock.now)
    var head = head
    guard let change = try head.seal(by: identity, at: now) else { return }
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(now)
  }

  private func sealOrComplain() async {
    guard isHeadRead, head.isClaimed(by: identity), head.isSealDue(at: latest) else { return }
    await failures.run("seal a day") { try await self.seal() }
  }

  /// Decides nothing while another controller is in charge, or begins to.
  package func standBy(_ standsBy: Bool) {
    if self.standsBy, !standsBy {
      isEverythingDue = true
      for name in members.keys { members[name]?.wake(at: ports.clock.now) }
    }
    self.standsBy = standsBy
  }

  /// Brings about what is recorded.
  private func serve() async {
    for (name, member) in members where member.due <= latest {
      members[name]?.due = member.nextLook(after: latest)
      await apply(member.rollout)
    }
  }

  /// Ends all effects: another controller is in charge.
  package func stop() { (isStopped, restrictions) = (true, [.fenced]) }

  /// Follows a new commit from now on.
  package func follow(_ snapshot: Snapshot) {
    let isFirstSight = self.snapshot == nil
    self.snapshot = snapshot
    for name in snapshot.wanted.keys where members[name] == nil {
      members[name] = Member(rollout: Rollout(name: name))
    }
    judgeRemovals(snapshot, isFirstSight: isFirstSight)
    isEverythingDue = true
  }

  /// Says whom to ask why risk may not grow: nothing is admitted or advanced while there is a reason.
  ///
  /// It is asked before each look, since a pass over many deployments may outlast a lease.
  package func heed(_ restrictions: @escaping @Sendable () async -> Set<Restriction>) {
    readRestrictions = restrictions
  }

  private func restrict() async {
    let restrictions = await readRestrictions()
    guard !isStopped else { return }
    if restrictions.isEmpty, !self.restrictions.isEmpty { isEverythingDue = true }
    self.restrictions = restrictions
  }

  private func judgeRemovals(_ snapshot: Snapshot, isFirstSight: Bool) {
    let alive = members.filter { $0.value.isAlive }
    let missing = alive.keys.filter {
      snapshot.wanted[$0] == nil && !snapshot.unchanged.contains($0)
    }
    let before = removals.held
    removals = Removals(
      missing: missing.sorted(), of: alive.count, isConfirmed: snapshot.confirmsRemoval,
      isFirstSight: isFirstSight)
    guard !removals.held.isEmpty, removals.held != before else { return }
    logger.warning(
      "manifests are gone, many at once or all: their deployments stay until a commit confirms it",
      metadata: [
        "count": "\(removals.held.count)", "commit": "\(snapshot.tip.commit.prefix(12))",
        "confirm": "git commit --allow-empty -m 'Remove them' --trailer '\(Snapshot.confirmation)'",
      ])
  }

  /// Looks at every deployment that is due.
  package func pass() async {
    guard !isStopped, !passing.isLast else { return }
    passing.isUnderWay = true
    defer { passing.isUnderWay = false }
    readClock()
    guard !standsBy else { return await serve() }
    await sealOrComplain()
    await restrict()
    let due = members.filter { isEverythingDue || $0.value.due <= latest }.keys.sorted()
    guard !due.isEmpty else { return }
    isEverythingDue = false
    let seen = await ports.runtimes.look(at: latest, failures)
    note(seen)
    let samples = await samples()
    for name in due where !passing.isLast {
      guard let runtime = home(of: name), let sighting = seen[runtime] else {
        members[name]?.due = latest
        continue
      }
      await look(at: name, sighting.states[name], sighting.counters, samples[name])
    }
  }

  private func note(_ seen: [String: Sighting]) {
    for counters in seen.values.compactMap(\.counters) { apart.note(counters) }
    lags = seen.compactMapValues(\.lag)
  }

  /// Returns the name of the runtime that serves a deployment, or that is to.
  private func home(of name: DeploymentName) -> String? {
    let rollout = members[name]?.rollout
    let wanted = snapshot?.wanted[name]?.deployment.runtime
    let serving = rollout?.deployment.map { $0.runtime ?? ports.runtimes.names[0] }
    return (rollout?.phase == .retired ? wanted : serving) ?? serving ?? wanted
      ?? ports.runtimes.names[0]
  }

  /// Follows the clock, which never goes back by a little: a clock that was far ahead and is right
  /// again must not stop every look until it gets there.
  private func readClock() {
    let now = ports.clock.now
    guard latest.since(now) > Self.largestStepBack else { return latest = max(latest, now) }
    logger.warning("the clock went back", metadata: ["by": "\(latest.since(now))"])
    (latest, isEverythingDue) = (now, true)
  }

  /// Whether nothing is under way: every deployment is healthy, gone, or stands still.
  package var isAtRest: Bool {
    members.allSatisfy { name, member in
      let wanted = snapshot?.wanted[name]?.deployment
      let isFollowed = wanted == nil || wanted == member.rollout.deployment
      return isFollowed && member.isAtRest && member.unrecorded.isEmpty
    }
  }

  /// Returns what was sampled so far, and says what is to be counted from now on.
  private func samples() async -> [DeploymentName: Samples] {
    await ports.sampling.follow(members.compactMapValues { $0.rollout.samplePlan })
    return await ports.sampling.samples()
  }

  private func look(
    at name: DeploymentName, _ state: RuntimeState?, _ counters: Counters?, _ samples: Samples?
  ) async {
    await restrict()
    guard var member = members[name], !isStopped else { return }
    let old = member
    await recordLate(&member)
    members[name]?.unrecorded = member.unrecorded
    members[name]?.journal = member.journal
    if member.request.map({ settled.contains($0.digest) }) == true { member.request = nil }
    members[name]?.request = member.request
    let observation = observe(&member, state, counters, samples)
    if member.rollout.generation == observation.generationInForce {
      member.appliedAt = member.appliedAt ?? latest
    }
    var decision = member.advance(observation)
    decision?.keepError(of: state)
    member.source = source(of: name) ?? member.source
    if let decision {
      guard await record(decision, &member, old: old) else { return }
      member.appliedAt = nil
    } else {
      await checkpoint(&member, changedFrom: old)
    }
    member.due = decision == nil ? member.nextLook(after: latest) : latest
    members[name] = member
    await apply(member.rollout)
  }

  /// Returns which manifest is followed, and who wrote or removed it; nil when it stays as it was.
  private func source(of name: DeploymentName) -> SourceReference? {
    guard let snapshot else { return nil }
    guard removals.accepted.contains(name) else { return snapshot.source(of: name, in: repository) }
    return snapshot.changes[name].flatMap { members[name]?.source?.with($0) }
  }

  /// What the newest record of each deployment is about.
  var recorded: [DeploymentName: RecordedManifest] { members.compactMapValues(\.recorded) }

  private func observe(
    _ member: inout Member, _ state: RuntimeState?, _ counters: Counters?, _ samples: Samples?
  ) -> Observation {
    Observation(
      now: latest, desired: desired(member.rollout.name), readiness: state?.readiness ?? [:],
      crashes: state?.crashes ?? [:], generationInForce: state?.generationInForce,
      counts: counters.flatMap { member.take($0, samples, at: latest) },
      restrictions: member.unrecorded.isEmpty ? restrictions : restrictions.union([.unrecorded]))
  }

  private func desired(_ name: DeploymentName) -> Desired {
    if let wanted = snapshot?.wanted[name] { return .deployment(wanted.deployment) }
    return removals.accepted.contains(name) ? .removed : .unchanged
  }

  /// Commits a decision before it takes effect.
  ///
  /// - Returns: Whether the decision stands. One that cannot be recorded is dropped and made again at
  ///   the next look, unless it takes risk away: that one happens all the same, and is recorded when
  ///   it can be.
  private func record(_ decision: Decision, _ member: inout Member, old: Member) async -> Bool {
    do {
      guard member.unrecorded.isEmpty else { throw OutOfOrder() }
      try await commit(decision, &member)
      await failures.settle("record a decision")
      return true
    } catch {
      await failures.note("record a decision", error)
      guard decision.isRetreat || old.rollout.phase.isReturning, !isStopped else {
        members[member.rollout.name]?.due = latest.advanced(by: .seconds(1))
        return false
      }
      member.unrecorded.append(decision.recordedLate(because: Detail("\(error)")))
      await saveUnrecorded(member)
      return true
    }
  }

  private func commit(_ decision: Decision, _ member: inout Member) async throws {
    let name = member.rollout.name
    try await claim()
    try await seal()
    var head = head
    let change = try head.append(
      decision, of: member.rollout, source: member.source, appliedAt: member.appliedAt,
      by: identity, from: member.journal, coolDown: ports.retraining?.coolDown)
    let seq = head.seq(of: name)
    var after = member
    after.journal = Journal(after: member.rollout)
    after.request = RetrainingRequest(decision, of: name, recordedBy: head) ?? member.request
    try await ports.checkpoints.save(
      after.checkpoint(following: head.digest(of: name)), for: name, seq: seq)
    let commit = try await ports.store.commit(change)
    self.head = head
    (member.journal, member.request) = (after.journal, after.request)
    member.recorded = RecordedManifest(member.source, member.rollout)
    logger.tell(decision, of: name, commit)
    decided.note(decision)
    await onCommit(decision.decidedAt)
    // The decision stands: what fails from here on must not make it be taken again.
    await failures.run("remove old checkpoints") {
      try await self.ports.checkpoints.discard(name, except: seq)
    }
  }

  private func recordLate(_ member: inout Member) async {
    let waiting = member.unrecorded
    do {
      for late in waiting {
        member.unrecorded.removeFirst()
        try await commit(late, &member)
      }
    } catch {
      member.unrecorded = Array(waiting.suffix(member.unrecorded.count + 1))
      await failures.note("record a decision", error)
    }
  }

  private func saveUnrecorded(_ member: Member) async {
    let name = member.rollout.name
    let (seq, digest) = (head.seq(of: name) + 1, head.digest(of: name))
    await failures.run("write a checkpoint") {
      try await self.ports.checkpoints.save(
        member.checkpoint(following: digest), for: name, seq: seq)
    }
  }

  private func checkpoint(_ member: inout Member, changedFrom old: Member) async {
    let seq = head.seq(of: member.rollout.name)
    let isSettled = member.request != old.request
    guard seq > 0,
      isSettled || member.rollout != old.rollout
        || member.reading.map({ !$0.isWorth(old.reading) }) == true
    else { return }
    let isUrgent = isSettled || member.rollout.candidate != nil
    guard isUrgent || latest.since(member.checkpointed) >= Self.checkpointEvery else { return }
    member.checkpointed = latest
    let (name, digest) = (member.rollout.name, head.digest(of: member.rollout.name))
    let bytes = Result { [member] in try member.checkpoint(following: digest) }
    await failures.run("write a checkpoint") {
      try await self.ports.checkpoints.save(bytes.get(), for: name, seq: seq)
    }
  }

  private func apply(_ rollout: Rollout) async {
    guard rollout.generation > 0, !isStopped else { return }
    await failures.run("apply the plan of \(rollout.name)") {
      try await self.ports.runtimes.apply(
        rollout.plan, to: rollout.name, on: rollout.deployment?.runtime)
    }
  }
}
