package import Ledger
package import Logging
import Rollouts

/// The whole controller: follows the source, looks at the fleet, publishes the ledger.
///
/// Three loops that share nothing but messages, so that a hanging remote delays neither a look nor a
/// rollback.
package struct Controller: Sendable {
  package struct Pace: Sendable {
    /// How often the source is fetched.
    let fetch: Duration
    /// The least time between two pushes.
    let push: Duration
    /// The loop wakes this often and looks at what is due; a wake-up costs microseconds.
    let tick: Duration

    package init(fetch: Duration, push: Duration, tick: Duration = .milliseconds(250)) {
      self.fetch = fetch
      self.push = push
      self.tick = tick
    }
  }

  private let watcher: SourceWatcher
  private let fleet: Fleet
  private let publisher: Publisher
  private let clock: any WallClock
  private let pace: Pace

  package init(
    source: any Source, ports: Fleet.Ports, identity: ControllerIdentity, repository: String,
    runtimes: Set<String>, pace: Pace, maxPublishLag: Duration, logger: Logger
  ) {
    watcher = SourceWatcher(source: source, runtimes: runtimes, logger: logger)
    fleet = Fleet(ports: ports, identity: identity, repository: repository, logger: logger)
    publisher = Publisher(
      store: ports.store, clock: ports.clock, maxLag: maxPublishLag, logger: logger)
    clock = ports.clock
    self.pace = pace
  }

  /// Runs until the task is cancelled.
  package func run() async throws {
    try await begin()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await every(pace.fetch) { await follow() } }
      group.addTask { await every(pace.push) { await publish() } }
      group.addTask { await every(pace.tick) { await look() } }
      await group.waitForAll()
    }
  }

  /// Brings everything to rest once: healthy, held or gone, and published.
  package func runOnce() async throws {
    try await begin()
    await publish()
    await follow()
    guard await publisher.hasReachedRemote, await watcher.hasReadSource else {
      throw Unreachable()
    }
    var pushed = clock.now
    while true {
      await look()
      if await fleet.isAtRest { break }
      if clock.now.since(pushed) >= pace.push {
        await publish()
        pushed = clock.now
      }
      try await clock.sleep(for: pace.tick)
    }
    await publish()
    guard await publisher.isPublished else { throw Unreachable() }
  }

  /// A single run cannot wait for a repository to come back.
  package struct Unreachable: Error, CustomStringConvertible {
    package let description =
      "a repository or its branch cannot be reached; the log says which and why"
  }

  private func begin() async throws {
    let (fleet, publisher) = (fleet, publisher)
    await fleet.notify { moment in await publisher.note(moment) }
    await watcher.remember(try await fleet.resume())
  }

  private func follow() async {
    if let snapshot = await watcher.poll() { await fleet.follow(snapshot) }
  }

  private func publish() async {
    await publisher.synchronize()
    await publisher.publish()
  }

  /// Takes over what another machine's ledger knew; one that cannot be read is said and left alone.
  private func resumeAgain() async {
    guard let paths = await fleet.resumeOrComplain() else { return }
    await watcher.remember(paths)
    await publisher.newsTaken()
  }

  /// One loop alone resumes and looks, so that neither happens in the middle of the other.
  private func look() async {
    if await publisher.hasNews { await resumeAgain() }
    await fleet.permit(await publisher.mayAdvance)
    await fleet.pass()
  }

  private func every(_ interval: Duration, _ body: () async -> Void) async {
    while !Task.isCancelled {
      await body()
      guard (try? await clock.sleep(for: interval)) != nil else { return }
    }
  }
}
