import Control
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing
import Threads

/// A runtime that does not answer delays its own deployments alone, and is not asked twice at once.
@Suite struct HangingRuntimeTests {
  /// What hangs, what is said of it, and whether its own deployment is served all the same.
  @Test(
    arguments: [
      (.observe, "cannot observe the runtime cluster", false),
      (.counters, "cannot read the counters of the runtime cluster", true),
      (.apply, "cannot apply the plan of default/b", false),
    ] as [(HangingRuntime.Call, String, Bool)])
  func aHangingCallDelaysItsOwnAlone(
    call: HangingRuntime.Call, complaint: String, isServed: Bool
  ) async throws {
    let stage = Stage()
    let fleet = try await stage.fleet()
    stage.cluster.hang(at: call)
    async let pass: Bool = fleet.pass()
    try await soon { stage.cluster.hanging == 1 }
    try await soon {
      stage.hourglass.turn()
      return !stage.complaints(complaint).isEmpty
    }
    _ = await pass
    #expect(stage.edge.plans.keys.map(\.name) == ["a"])
    #expect(stage.cluster.plans.isEmpty == !isServed)
    let said = stage.complaints(complaint)
    #expect(said.count == 1 && said[0].contains("it did not answer within 10 s"), "\(said)")

    // The glass is not turned again: a pass that waited for the runtime would never end.
    for _ in 0..<3 { await stage.pass(fleet) }
    #expect(stage.cluster.hanging == 1)
    #expect(stage.complaints(complaint).count == 1)

    stage.cluster.answer()
    try await soon {
      await stage.pass(fleet)
      return !stage.complaints("can \(complaint.dropFirst(7)) again").isEmpty
    }
    #expect(stage.cluster.plans.keys.map(\.name) == ["b"])
  }

  /// An adapter that gives up by itself each time, after five seconds, costs five seconds once.
  @Test func whatGivesUpSlowlyIsWaitedForOnce() async throws {
    let stage = Stage()
    let fleet = try await stage.fleet()
    stage.cluster.hang(at: .observe)
    async let pass: Bool = fleet.pass()
    try await soon { stage.cluster.hanging == 1 }
    stage.hourglass.run(for: .seconds(5))
    stage.cluster.answer(failing: true)
    _ = await pass
    #expect(stage.complaints("cannot observe the runtime cluster").count == 1)

    stage.cluster.hang(at: .observe)
    for _ in 0..<3 { await stage.pass(fleet) }
    try await soon { stage.cluster.hanging == 1 }
    stage.cluster.answer()
    try await soon {
      await stage.pass(fleet)
      return !stage.cluster.plans.isEmpty
    }
  }
}

/// Lets others run until something is so.
private func soon(_ condition: () async -> Bool) async throws {
  for _ in 0..<100_000 {
    if await condition() { return }
    await Task.yield()
  }
  throw ProcessFailure(description: "it never was so")
}

/// A ledger and two runtimes, of which one can hang; for the other nobody's patience ends.
private struct Stage {
  let clock = HandClock()
  let world: World
  let life: Incarnation
  let edge: HangingRuntime
  let cluster: HangingRuntime
  let hourglass = Hourglass()
  let log = CapturedLog()

  init() {
    world = World(seed: 1, clock: SimulatedClock(), faults: World.Faults(crash: 0, hiccup: 0))
    life = Incarnation(in: world, until: clock.now.advanced(by: .seconds(3600)))
    (edge, cluster) = (HangingRuntime("edge", clock), HangingRuntime("cluster", clock))
  }

  private func place(_ runtime: HangingRuntime, by clock: Hourglass) -> Runtimes.Place {
    Runtimes.Place(name: runtime.name, runtime: runtime, telemetry: runtime).bounded(by: clock)
  }

  /// Makes the next pass, in which everybody is looked at.
  func pass(_ fleet: Fleet) async {
    clock.advance(by: .seconds(5))
    await fleet.pass()
  }

  func complaints(_ text: String) -> [String] { log.lines.filter { $0.contains(text) } }

  /// A controller's fleet with one deployment on each runtime.
  func fleet() async throws -> Fleet {
    let runtimes = Runtimes([place(edge, by: Hourglass()), place(cluster, by: hourglass)])
    let fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: runtimes, sampling: life, store: life, checkpoints: life, clock: clock),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: log.logger)
    try await fleet.resume()
    var repository = CatalogTests.Repository([
      "a.yaml": CatalogTests.manifest("a"),
      "b.yaml": CatalogTests.manifest("b") + "\n  runtime: cluster\n",
    ])
    var catalog = Catalog(runtimes: runtimes.names)
    await fleet.follow(try await repository.snapshot(&catalog))
    await fleet.heed { [] }
    return fleet
  }
}

/// A clock of which every sleep lasts until the test turns it.
private final class Hourglass: WallClock {
  private let sleepers = Lock<[AsyncStream<Void>.Continuation]>([])
  private let time = Lock(SimulatedClock.start)

  var now: Instant { time.withLock { $0 } }

  func run(for duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }

  /// Ends every sleep that has begun.
  func turn() { sleepers.withLock { $0.forEach { $0.finish() } } }

  func sleep(for duration: Duration) async throws {
    let (turns, turn) = AsyncStream<Void>.makeStream()
    sleepers.withLock { $0.append(turn) }
    for await _ in turns {}
    try Task.checkCancellation()
  }
}

/// A runtime that serves at once, but for the calls that hang: nothing ends those but the test.
final class HangingRuntime: Runtime, Telemetry {
  enum Call: Sendable { case observe, counters, apply }

  private struct State {
    var call: Call?
    var waiting: [CheckedContinuation<Void, any Error>] = []
    var plans: [DeploymentName: Plan] = [:]
  }

  let name: String
  private let state = Lock(State())
  private let clock: HandClock

  init(_ name: String, _ clock: HandClock) { (self.name, self.clock) = (name, clock) }

  var plans: [DeploymentName: Plan] { state.withLock { $0.plans } }
  /// How many calls hang.
  var hanging: Int { state.withLock { $0.waiting.count } }

  func hang(at call: Call) { state.withLock { $0.call = call } }

  struct GaveUp: Error {}

  /// Ends the calls that hang; none does any more.
  func answer(failing: Bool = false) {
    let waiting = state.withLock { state in
      defer { (state.call, state.waiting) = (nil, []) }
      return state.waiting
    }
    for call in waiting { call.resume(with: failing ? .failure(GaveUp()) : .success(())) }
  }

  private func wait(in call: Call) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let hangs = state.withLock { state in
        if state.call == call { state.waiting.append(continuation) }
        return state.call == call
      }
      if !hangs { continuation.resume() }
    }
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    try await wait(in: .apply)
    state.withLock { $0.plans[deployment] = plan }
  }

  func observe() async throws -> [DeploymentName: RuntimeState] {
    try await wait(in: .observe)
    return plans.mapValues { plan in
      RuntimeState(
        readiness: Dictionary(uniqueKeysWithValues: plan.loaded.map { ($0.id, .ready) }),
        generationInForce: plan.generation)
    }
  }

  func counters() async throws -> Counters {
    try await wait(in: .counters)
    return Counters(asOf: clock.now, series: [:])
  }
}
