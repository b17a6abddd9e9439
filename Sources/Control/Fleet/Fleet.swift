package import Ledger
package import Logging
import Manifests
package import Rollouts
import Threads

/// All deployments of one controller: the loop's body.
///
/// One look at one deployment is: observe, advance, record, act. What goes wrong with one deployment is
/// said, and leaves the others alone. Who is looked at when is the schedule's, what is written down the
/// recorder's, and who may raise risk the publisher's; what others see of it is a snapshot.
package actor Fleet {
  let ports: Ports
  let repository: String
  let logger: Logger
  let failures: DeduplicatedErrors

  var members: [DeploymentName: Member] = [:]
  /// A pass and a resumption exclude each other: a look writes back what it took.
  let turn = AsyncMutex()
  let recorder: Recorder
  var snapshot: Snapshot?
  var removals = Removals(missing: [], of: 0, isConfirmed: false)
  /// Why risk may not grow now, for reasons that are those of all deployments.
  private(set) var restrictions: Set<Restriction> = [.notOwner]
  private var readRestrictions: @Sendable () async -> Set<Restriction> = { [.notOwner] }
  private(set) var isStopped = false
  var passing = Passing()
  /// Whether another controller is in charge: what is recorded is served, and nothing decided.
  var standsBy = false
  private var servesMeanwhile = true
  /// What was counted in this life that is no evidence.
  private(set) var apart = TotalsApart()
  /// How far the counters of each runtime were behind at the last look.
  private(set) var lags: [String: Duration] = [:]
  /// Whether a runtime has answered in this life; nil before the first was asked.
  private var hasHeard: Bool?
  var hearsNothing: Bool { hasHeard == false }
  /// The digests of the records that the trainer has been told of, or never will be.
  var settled: Set<String> = []
  var schedule = Schedule()
  /// Who moves with whom.
  var groups = Groups()
  let readModel = ReadModel()
  /// Whether each deployment is shown, and not their sums alone.
  let showsDeployments: Bool
  var told = ToldDecisions()
  /// The time of the last look.
  private(set) var latest = never

  static let never = Instant(milliseconds: 0)
  /// What a time server corrects in its daily work is less.
  static let largestStepBack = Duration.seconds(60)
  /// A pass records so many decisions at most that are no retreats, so that it is over within a second, also
  /// on a slow disk.
  package static let mostRecords = 256
  /// So many looks are recorded in one write, which takes 28 ms on a slow disk.
  package static let mostLooks = 32

  package init(
    ports: Ports, identity: ControllerIdentity, repository: String, takesOver: Bool,
    showsDeployments: Bool = false, logger: Logger
  ) {
    self.ports = ports
    self.repository = repository
    self.showsDeployments = showsDeployments
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
    recorder = Recorder(
      ports: ports, identity: identity, takesOver: takesOver, logger: logger, failures: failures)
  }

  /// Says whom to tell of each committed decision.
  package func notify(_ onCommit: @escaping @Sendable (Instant) async -> Void) async {
    await recorder.notify(onCommit)
  }

  /// Claims the epoch after the ledger's, unless this life has one.
  package func claimOrComplain() async {
    guard !isStopped else { return }
    await recorder.claimOrComplain(at: latest)
  }

  /// Decides nothing while another controller is in charge, or begins to.
  ///
  /// - Parameters:
  ///   - standsBy: Whether another one is.
  ///   - sharesRuntimes: Whether that one drives the same runtimes: then nothing that is recorded is served either,
  ///     since it may be older than what the other has decided.
  package func standBy(_ standsBy: Bool, sharesRuntimes: Bool = false) async {
    servesMeanwhile = !sharesRuntimes
    if !self.standsBy, standsBy, sharesRuntimes {
      for name in members.keys { members[name]?.applied = nil }
      await ports.runtimes.rest()
    }
    if self.standsBy, !standsBy {
      for name in members.keys { members[name]?.wake(at: ports.clock.now) }
      planAll()
    }
    self.standsBy = standsBy
  }

  /// Brings about what is recorded.
  private func serve() async {
    guard schedule.begin(at: latest) else { return }
    while !passing.isLast, let name = schedule.next(1).first, let member = members[name] {
      plan(name, at: member.nextLook(after: latest))
      await apply(member)
    }
    await show()
  }

  /// Ends all effects: another controller is in charge.
  package func stop() async {
    (isStopped, restrictions) = (true, [.fenced])
    await show()
  }

  /// Says whom to ask why risk may not grow: nothing is admitted or advanced while there is a reason.
  ///
  /// It is asked before each batch of looks, since a pass over many deployments may outlast a lease.
  package func heed(_ restrictions: @escaping @Sendable () async -> Set<Restriction>) {
    readRestrictions = restrictions
  }

  func restrict() async {
    let restrictions = await readRestrictions()
    guard !isStopped else { return }
    let mayGoOn = restrictions.isEmpty && !self.restrictions.isEmpty
    self.restrictions = restrictions
    if mayGoOn { planAll() }
  }

  /// Looks at the deployments that are due, the most urgent first.
  ///
  /// A pass records a few decisions only that raise risk or end well, so that it is short: a candidate that
  /// fails meanwhile is seen by the next one. A retreat is recorded always.
  ///
  /// - Returns: Whether decisions are left to be made, so that another pass should follow at once.
  @discardableResult
  package func pass() async -> Bool {
    await turn.withLock {
      guard !isStopped, !passing.isLast else { return false }
      passing.isUnderWay = true
      defer { passing.isUnderWay = false }
      readClock()
      readModel.touch(at: latest, hearsNothing: hearsNothing)
      guard !standsBy else {
        if servesMeanwhile { await serve() }
        return false
      }
      await recorder.sealOrComplain(at: latest)
      await restrict()
      return await lookAtAll()
    }
  }

  private func lookAtAll() async -> Bool {
    guard schedule.begin(at: latest) else { return false }
    (passing.recordsLeft, passing.hasFailed) = (Self.mostRecords, false)
    hasHeard = hasHeard ?? false
    readModel.touch(at: latest, hearsNothing: hearsNothing)
    let seen = await ports.runtimes.look(at: latest, failures)
    note(seen)
    let view = View(seen: seen, samples: await samples())
    while !passing.isLast {
      let names = schedule.next(Self.mostLooks, through: passing.lastLane)
      if names.isEmpty { break }
      for names in groups.apart(names) where !passing.isLast { await look(at: names, view) }
    }
    await show()
    return passing.recordsLeft < 0 && !passing.hasFailed
  }

  private func note(_ seen: [String: Sighting]) {
    for counters in seen.values.compactMap(\.counters) { apart.note(counters) }
    lags = seen.compactMapValues(\.lag)
    if !seen.isEmpty { hasHeard = true }
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

  /// Returns what was sampled so far, and says what is to be counted from now on.
  private func samples() async -> [DeploymentName: Samples] {
    await ports.sampling.follow(members.compactMapValues { $0.rollout.samplePlan })
    return await ports.sampling.samples()
  }
}
