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
  let identity: ControllerIdentity
  private let repository: String
  /// Whether an operator vouches that no other controller is alive.
  let takesOver: Bool
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
  var decided = DecisionCounts()
  /// What was counted in it that is no evidence.
  private(set) var apart = TotalsApart()
  /// How far the counters of each runtime were behind at the last look.
  private(set) var lags: [String: Duration] = [:]
  /// The digests of the records that the trainer has been told of, or never will be.
  var settled: Set<String> = []
  var schedule = Schedule()
  let readModel = ReadModel()
  /// The time of the last look.
  private(set) var latest = never
  /// Called after each decision was committed, with its moment.
  var onCommit: @Sendable (Instant) async -> Void = { _ in }

  static let never = Instant(milliseconds: 0)
  /// While nothing is on trial, the memory of a look is worth one write a minute.
  static let checkpointEvery = Duration.seconds(60)
  /// What a time server corrects in its daily work is less.
  static let largestStepBack = Duration.seconds(60)
  /// A record takes 28 ms on a slow disk, so that a pass is over within a second.
  static let mostRecords = 32

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

  /// Decides nothing while another controller is in charge, or begins to.
  package func standBy(_ standsBy: Bool) {
    if self.standsBy, !standsBy {
      for name in members.keys { members[name]?.wake(at: ports.clock.now) }
      planAll()
    }
    self.standsBy = standsBy
  }

  /// Brings about what is recorded.
  private func serve() async {
    guard schedule.begin(at: latest) else { return }
    defer { show() }
    while !passing.isLast, let name = schedule.next(), let member = members[name] {
      plan(name, at: member.nextLook(after: latest))
      await apply(member)
    }
  }

  /// Ends all effects: another controller is in charge.
  package func stop() {
    (isStopped, restrictions) = (true, [.fenced])
    show()
  }

  /// Follows a new commit from now on.
  package func follow(_ snapshot: Snapshot) {
    let isFirstSight = self.snapshot == nil
    self.snapshot = snapshot
    for name in snapshot.wanted.keys where members[name] == nil {
      members[name] = Member(rollout: Rollout(name: name))
    }
    judgeRemovals(snapshot, isFirstSight: isFirstSight)
    planAll()
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
    let mayGoOn = restrictions.isEmpty && !self.restrictions.isEmpty
    self.restrictions = restrictions
    if mayGoOn { planAll() }
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

  /// Looks at the deployments that are due, the most urgent first.
  ///
  /// A pass records a few decisions only that raise risk or end well, so that it is short: a candidate that
  /// fails meanwhile is seen by the next one. A retreat is recorded always.
  ///
  /// - Returns: Whether decisions are left to be made, so that another pass should follow at once.
  @discardableResult
  package func pass() async -> Bool {
    guard !isStopped, !passing.isLast else { return false }
    passing.isUnderWay = true
    defer { passing.isUnderWay = false }
    readClock()
    readModel.touch(at: latest)
    guard !standsBy else {
      await serve()
      return false
    }
    await sealOrComplain()
    await restrict()
    guard schedule.begin(at: latest) else { return false }
    defer { show() }
    (passing.recordsLeft, passing.hasFailed) = (Self.mostRecords, false)
    let seen = await ports.runtimes.look(at: latest, failures)
    note(seen)
    let samples = await samples()
    while !passing.isLast, let name = schedule.next(through: passing.lastLane) {
      guard let runtime = home(of: name), let sighting = seen[runtime] else {
        plan(name, at: latest)
        continue
      }
      await look(at: name, sighting.states[name], sighting.counters, samples[name])
    }
    return passing.recordsLeft < 0 && !passing.hasFailed
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
    latest = now
    planAll()
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
    // A look that ends before its end is made again, and so is one during which another was asked for.
    let turn = plan(name, at: latest)
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
      guard mayRecord(decision, old) else { return }
      guard await record(decision, &member, old: old) else { return }
      member.appliedAt = nil
    } else {
      await checkpoint(&member, changedFrom: old)
    }
    members[name] = member
    if turn.map({ schedule.holds($0, of: name) }) == true {
      plan(name, at: decision == nil ? member.nextLook(after: latest) : latest)
    }
    await apply(member, state)
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

  /// Has a plan brought about, unless the runtime was told and shows that all of it is so.
  private func apply(_ member: Member, _ state: RuntimeState? = nil) async {
    let (name, plan) = (member.rollout.name, member.rollout.plan)
    guard plan.generation > 0, !isStopped else { return }
    if member.applied == plan, state?.shows(plan) == true { return }
    let runtime = member.rollout.deployment?.runtime ?? member.home
    // What is gone was drained by the plan before; no other runtime has anything of it.
    if runtime == nil, member.rollout.phase == .retired { return }
    let isApplied: Void? = await failures.run("apply the plan of \(name)") {
      try await self.ports.runtimes.apply(plan, to: name, on: runtime)
    }
    guard isApplied != nil else { return }
    members[name]?.applied = plan
    members[name]?.home = runtime
  }
}
