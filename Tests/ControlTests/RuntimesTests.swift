import Control
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing
import Threads

/// Several runtimes: each deployment has one, and one that fails stops its own deployments alone.
@Suite struct RuntimesTests {
  /// While one runtime does not answer, what another has goes on; then its own deployments do, too.
  @Test func aRuntimeThatFailsStopsItsOwnAlone() async throws {
    let stage = Stage()
    let fleet = try await stage.fleet(
      ["a": Stage.manifest("a"), "b": Stage.manifest("b", runtime: "cluster")])
    stage.cluster.take(away: true)
    await fleet.pass()
    #expect(stage.edge.plans.keys.map(\.name) == ["a"])
    #expect(stage.cluster.plans.isEmpty)
    #expect(stage.log.lines.contains { $0.contains("cannot observe the runtime cluster") })
    #expect(stage.log.lines.allSatisfy { !$0.contains("runtime edge") }, "\(stage.log.lines)")
    stage.cluster.take(away: false)
    await fleet.pass()
    #expect(stage.cluster.plans.keys.map(\.name) == ["b"])
    #expect(stage.edge.plans.keys.map(\.name) == ["a"])
    let reader = stage.world.reader()
    let served = try await reader.newest().map(\.deployment.name).sorted()
    #expect(served == ["a", "b"])
  }

  /// Counters that cannot be read, or are behind by too much, are no data for those whom they are of.
  @Test func lagIsShown() async throws {
    let stage = Stage()
    let fleet = try await stage.fleet(
      ["a": Stage.manifest("a"), "b": Stage.manifest("b", runtime: "cluster")])
    stage.cluster.delay(by: .seconds(7))
    await fleet.pass()
    #expect(fleet.report.lags == ["edge": .zero, "cluster": .seconds(7)])
    #expect(stage.log.lines.allSatisfy { !$0.hasPrefix("warning") }, "\(stage.log.lines)")
    stage.cluster.delay(by: .seconds(61))
    await fleet.pass()
    #expect(fleet.report.lags == ["edge": .zero, "cluster": .seconds(61)])
    #expect(
      stage.log.lines.contains { $0.contains("cannot use the counters of the runtime cluster") })
    stage.cluster.take(away: true)
    await fleet.pass()
    #expect(fleet.report.lags == ["edge": .zero])
  }

  /// A controller that has never heard of any runtime is not ready; one that has heard of one is, and stays so.
  @Test func whoHearsNothingIsNotReady() async throws {
    let stage = Stage()
    let fleet = try await stage.fleet(
      ["a": Stage.manifest("a"), "b": Stage.manifest("b", runtime: "cluster")])
    func why() -> String? { fleet.report.whyNotReady(at: stage.clock.now, hasReadSource: true) }
    #expect(why() == "no look at the fleet has begun yet")
    for runtime in [stage.edge, stage.cluster] { runtime.take(away: true) }
    await fleet.pass()
    #expect(why() == "no runtime has said yet what is so")
    stage.cluster.take(away: false)
    await fleet.pass()
    #expect(why() == nil)
    stage.cluster.take(away: true)
    await fleet.pass()
    #expect(why() == nil)
    #expect(
      fleet.report.whyNotReady(at: stage.clock.now, hasReadSource: false)
        == "the manifests were not read yet")
  }

  /// A runtime that is not configured any more is no reason to ask another one for its deployments.
  @Test func noRuntimeStandsInForAnother() async throws {
    let stage = Stage()
    var fleet = try await stage.fleet(["b": Stage.manifest("b", runtime: "cluster")])
    await fleet.pass()
    #expect(stage.cluster.plans.count == 1)
    fleet = try await stage.fleet([:], runtimes: [stage.edge])
    for _ in 0..<3 { await fleet.pass() }
    #expect(stage.edge.plans.isEmpty)
  }
}

/// A ledger, a clock and two runtimes.
private struct Stage {
  let clock = SimulatedClock()
  let world: World
  let life: Incarnation
  let edge: FakeRuntime
  let cluster: FakeRuntime
  let log = CapturedLog()

  init() {
    world = World(seed: 1, clock: clock, faults: World.Faults(crash: 0, hiccup: 0))
    life = Incarnation(in: world, until: clock.now.advanced(by: .seconds(3600)))
    (edge, cluster) = (FakeRuntime("edge", clock), FakeRuntime("cluster", clock))
  }

  static func manifest(_ name: String, runtime: String? = nil) -> String {
    CatalogTests.manifest(name) + (runtime.map { "\n  runtime: \($0)\n" } ?? "")
  }

  /// A controller's fleet that follows these manifests.
  func fleet(_ manifests: [String: String], runtimes: [FakeRuntime]? = nil) async throws -> Fleet {
    let runtimes = Runtimes(
      (runtimes ?? [edge, cluster]).map {
        Runtimes.Place(name: $0.name, runtime: $0, telemetry: $0)
      })
    let fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: runtimes, sampling: life, store: life, checkpoints: life, clock: life),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: log.logger)
    try await fleet.resume()
    var repository = CatalogTests.Repository(
      Dictionary(uniqueKeysWithValues: manifests.map { ("\($0).yaml", $1) }))
    var catalog = Catalog(runtimes: runtimes.names)
    await fleet.follow(try await repository.snapshot(&catalog))
    await fleet.heed { [] }
    return fleet
  }
}

/// A runtime that serves at once, unless it does not answer.
private final class FakeRuntime: Runtime, Telemetry {
  private struct State {
    var isAway = false
    var lag = Duration.zero
    var plans: [DeploymentName: Plan] = [:]
  }

  let name: String
  private let clock: SimulatedClock
  private let state = Lock(State())

  init(_ name: String, _ clock: SimulatedClock) { (self.name, self.clock) = (name, clock) }

  struct Away: Error {}

  var plans: [DeploymentName: Plan] { state.withLock { $0.plans } }

  func take(away isAway: Bool) { state.withLock { $0.isAway = isAway } }
  func delay(by lag: Duration) { state.withLock { $0.lag = lag } }

  func apply(_ plan: Plan, to deployment: DeploymentName) throws {
    try state.withLock { state in
      if state.isAway { throw Away() }
      state.plans[deployment] = plan
    }
  }

  func observe() throws -> [DeploymentName: RuntimeState] {
    try state.withLock { state in
      if state.isAway { throw Away() }
      return state.plans.mapValues { plan in
        RuntimeState(
          readiness: Dictionary(uniqueKeysWithValues: plan.loaded.map { ($0.id, .ready) }),
          generationInForce: plan.generation)
      }
    }
  }

  func counters() throws -> Counters {
    let now = clock.now
    return try state.withLock { state in
      if state.isAway { throw Away() }
      return Counters(asOf: now.advanced(by: .zero - state.lag), series: [:])
    }
  }
}
