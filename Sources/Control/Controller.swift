package import Ledger
package import Logging
package import Manifests
import Rollouts

/// The whole controller: follows the source, looks at the fleet, publishes the ledger.
///
/// Loops that share nothing but messages, so that a hanging remote or trainer delays neither a
/// look nor a rollback.
package struct Controller: Sendable {
  package struct Pace: Sendable {
    /// How often the source is fetched.
    let fetch: Duration
    /// The least time between two pushes.
    let push: Duration
    /// The loop wakes this often and looks at what is due; a wake-up costs microseconds.
    let tick: Duration
    /// How often it is seen whether a trainer is to be asked.
    let retrain = Duration.seconds(1)

    package init(fetch: Duration, push: Duration, tick: Duration = .milliseconds(250)) {
      self.fetch = fetch
      self.push = push
      self.tick = tick
    }
  }

  private let watcher: SourceWatcher
  private let fleet: Fleet
  private let publisher: Publisher
  /// Nil when there is nobody to ask.
  private let retrainer: Retrainer?
  private let clock: any WallClock
  private let pace: Pace
  private let identity: ControllerIdentity
  private let refresh: RefreshTrigger?

  package init(
    source: any Source, ports: Fleet.Ports, identity: ControllerIdentity, repository: String,
    pace: Pace, maxPublishLag: Duration, takesOver: Bool = false,
    lock: (holding: any LeaderLock, pace: LockElection.Pace)? = nil,
    showsDeployments: Bool = false, refresh: RefreshTrigger? = nil,
    rules: NamespaceRules = NamespaceRules(), logger: Logger
  ) {
    watcher = SourceWatcher(
      source: source, runtimes: ports.runtimes.names, rules: rules, logger: logger)
    fleet = Fleet(
      ports: ports, identity: identity, repository: repository, takesOver: takesOver,
      showsDeployments: showsDeployments, logger: logger)
    let election = LedgerElection(
      store: ports.store, checkpoints: ports.checkpoints, clock: ports.clock,
      lease: maxPublishLag, takesOver: takesOver, logger: logger)
    let locked = lock.map {
      LockElection(
        lock: $0.holding, ledger: election, clock: ports.clock, pace: $0.pace, logger: logger)
    }
    publisher = Publisher(
      store: ports.store, checkpoints: ports.checkpoints,
      election: locked ?? (election as any Election), clock: ports.clock,
      identity: identity, maxLag: maxPublishLag, logger: logger)
    retrainer = ports.retraining.map { [fleet] in
      Retrainer(trainer: $0.trainer, fleet: fleet, clock: ports.clock, logger: logger)
    }
    clock = ports.clock
    self.pace = pace
    self.identity = identity
    self.refresh = refresh
  }

  /// Runs until the task is cancelled, or until another controller takes over: then `Fenced` is
  /// thrown, and nothing has any effect any more.
  package func run() async throws {
    try await begin()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await followForever() }
      group.addTask { try await publishUntilFenced() }
      group.addTask { await publisher.takePart() }
      group.addTask { await every(pace.tick) { await look() } }
      if let retrainer {
        group.addTask { await every(pace.retrain) { await retrainer.deliver() } }
      }
      // The first error ends the others.
      while try await group.next() != nil {}
    }
  }

  /// Brings everything to rest once: healthy, held or gone, and published.
  package func runOnce() async throws {
    let part = Task { [publisher] in await publisher.takePart() }
    defer { part.cancel() }
    try await runToRest()
  }

  private func runToRest() async throws {
    try await begin()
    try await publish()
    if await publisher.isWaiting, await publisher.hasReachedRemote {
      throw NotInCharge(owner: await publisher.owner)
    }
    await look()
    try await publish()
    await follow()
    guard await publisher.hasReachedRemote, await watcher.hasReadSource else {
      throw Unreachable()
    }
    if let end = await publisher.quietUntil { throw Quiet(until: end) }
    var pushed = clock.now
    while true {
      await look()
      if await fleet.isAtRest { break }
      if clock.now.since(pushed) >= pace.push {
        try await publish()
        pushed = clock.now
      }
      try await clock.sleep(for: pace.tick)
    }
    if let retrainer {
      await retrainer.deliver()
      await look()
    }
    try await publish()
    guard await publisher.isPublished else { throw Unreachable() }
  }

  /// A single run cannot wait for a repository to come back.
  package struct Unreachable: Error, CustomStringConvertible {
    package let description =
      "a repository or its branch cannot be reached or verified; the log says which and why"
  }

  /// Nor can it watch whether another controller still lives.
  package struct NotInCharge: Error, CustomStringConvertible {
    /// Nil when the other one has claimed nothing yet.
    let owner: Epoch?

    package var description: String {
      guard let owner else { return "another controller is in charge of this ledger" }
      return
        "another controller, \(CommitMessage.line(owner.controller.instance)), is in charge of this "
        + "ledger since \(owner.claimedAt.iso8601)"
    }
  }

  /// Nor can it wait until the controller before it has noticed that it is not in charge any more.
  package struct Quiet: Error, CustomStringConvertible {
    let until: Instant

    package var description: String {
      "another controller of this ledger may be alive, and may raise risk until \(until.iso8601)"
    }
  }

  /// Lets the look under way have its effect, and begins no other: to be awaited before the task that
  /// runs is cancelled.
  package func finish() async { await fleet.finish() }

  private func begin() async throws {
    let (fleet, publisher) = (fleet, publisher)
    await fleet.notify { moment in await publisher.note(moment) }
    await fleet.heed { await publisher.restrictions }
    try await publisher.begin()
    await watcher.remember(try await fleet.resume())
  }

  private func follow() async {
    let snapshot = await watcher.poll(at: clock.now) { await fleet.recorded }
    if let snapshot { await fleet.follow(snapshot) }
  }

  private func followForever() async {
    while !Task.isCancelled {
      await follow()
      guard (try? await pause()) != nil else { return }
    }
  }

  private func pause() async throws {
    guard let refresh else { return try await clock.sleep(for: pace.fetch) }
    try await refresh.wait(atMost: pace.fetch, lookingEvery: pace.tick, clock)
  }

  private func publish() async throws {
    do throws(Fenced) {
      try await publisher.exchange()
    } catch {
      await fleet.stop()
      throw error
    }
  }

  private func publishUntilFenced() async throws {
    while !Task.isCancelled {
      try await publish()
      guard (try? await pauseAfterPublishing()) != nil else { return }
    }
  }

  /// Waits until the next exchange is due: at once where an election was won meanwhile.
  private func pauseAfterPublishing() async throws {
    guard await publisher.isStandby else {
      return try await clock.sleep(for: publisher.isTakingOver ? pace.tick : pace.push)
    }
    let end = clock.now.advanced(by: pace.push)
    while clock.now < end, await !publisher.mayLead { try await clock.sleep(for: pace.tick) }
  }

  /// Lets another controller lead at once, where one stands by; to be awaited when all the rest has ended.
  package func resign() async { await publisher.resign() }

  /// Takes over what another machine's ledger knew; one that cannot be read is said and left alone.
  private func resumeAgain() async {
    guard let paths = await fleet.resumeOrComplain() else { return }
    await watcher.remember(paths)
    await publisher.newsTaken()
  }

  /// One loop alone resumes and looks, so that neither happens in the middle of the other.
  private func look() async {
    while await lookOnce(), !Task.isCancelled {}
  }

  /// - Returns: Whether decisions are left to be made.
  private func lookOnce() async -> Bool {
    if await publisher.hasNews { await resumeAgain() }
    let isWaiting = await publisher.isWaiting
    await fleet.standBy(isWaiting, sharesRuntimes: await publisher.isStandby)
    if !isWaiting, await publisher.hasReachedRemote { await fleet.claimOrComplain() }
    return await fleet.pass()
  }

  private func every(_ interval: Duration, _ body: () async -> Void) async {
    while !Task.isCancelled {
      await body()
      guard (try? await clock.sleep(for: interval)) != nil else { return }
    }
  }
}

extension Controller {
  /// What there is to see of each deployment; nil while another controller is in charge or nothing was looked at.
  package func deployments() async -> [DeploymentReport]? {
    let report = fleet.report
    guard report.lookedAt != nil, !report.isStopped, await watcher.hasReadSource,
      await publisher.isLeading
    else { return nil }
    return fleet.deployments
  }

  /// What there is to see now; nothing waits for it, and it changes nothing.
  package func report() async -> ControllerReport {
    let (now, fleet, alarm) = (clock.now, fleet.report, await publisher.alarmed)
    let refusal = await watcher.refusal.map { "new manifests are not followed: \($0)" }
    return ControllerReport(
      now: now, version: identity.version, fleet: fleet, waiting: await publisher.waiting,
      fetchedAt: await watcher.fetchedAt, ledgerAlarm: alarm,
      whyNotReady: await publisher.isWaiting
        ? "another controller is in charge"
        : fleet.whyNotReady(at: now, hasReadSource: await watcher.hasReadSource) ?? alarm
          ?? refusal)
  }
}
