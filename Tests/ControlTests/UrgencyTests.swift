import Analysis
import Control
import Foundation
import Ledger
import Rollouts
import SimulationKit
import TestKit
import Testing
import Threads

/// A retreat waits for nobody: not for a thousand others that are new.
@Suite struct UrgencyTests {
  /// How many others are healthy meanwhile; by hand, 5,000.
  private static let healthy =
    ProcessInfo.processInfo.environment["SERIN_CROWD"].flatMap(Int.init) ?? 300

  /// A candidate fails while a thousand manifests are admitted: the next pass records and applies its
  /// rollback before any of what is left of them.
  @Test(.timeLimit(.minutes(5))) func aRollbackGoesBeforeAdmissions() async throws {
    let stage = try await CrowdStage()
    try await stage.bringOnTrial(among: Self.healthy)
    try await stage.follow(["trial": "2"], others: Self.healthy + 1000)
    stage.runtime.fail("2")
    var recordsOfPasses: [Int] = []
    while stage.world.story.allSatisfy({ !$0.hasPrefix("rollback") }) {
      let before = stage.world.story.count
      stage.clock.advance(by: .seconds(5))
      await stage.fleet.pass()
      recordsOfPasses.append(stage.world.story.count - before)
    }
    // One look finds requests that failed, and at most one more makes sure of it.
    #expect(recordsOfPasses.count <= 2, "\(recordsOfPasses)")
    #expect(recordsOfPasses.allSatisfy { $0 <= Fleet.mostRecords + 1 }, "\(recordsOfPasses)")
    let rollback = try #require(stage.world.story.firstIndex { $0.hasPrefix("rollback") })
    let before = stage.world.story[..<rollback].count { $0.hasPrefix("admit") }
    #expect(before - Self.healthy - 2 <= Fleet.mostRecords)
    #expect(stage.runtime.versions(of: "trial") == ["1"])
  }

  /// Whose manifest has changed is looked at before those that have waited longer, more than a pass records.
  @Test(.timeLimit(.minutes(5))) func aChangeGoesFirst() async throws {
    let stage = try await CrowdStage()
    let crowd = Fleet.mostRecords + 10
    try await stage.follow(["zz": "1"], others: crowd)
    for _ in 0..<20 { await stage.look() }
    let before = stage.world.story.count
    try await stage.follow(["zz": "1"], others: crowd, version: "2")
    try await stage.follow(["zz": "2"], others: crowd, version: "2")
    await stage.fleet.pass()
    let story = stage.world.story.dropFirst(before)
    #expect(story.count == Fleet.mostRecords)
    #expect(stage.runtime.isLoading("zz", "2"), "\(story)")
  }

  /// What a pass has left is taken up by the next ones, until nothing is left.
  @Test(.timeLimit(.minutes(5))) func everybodyIsAdmitted() async throws {
    let stage = try await CrowdStage()
    try await stage.follow([:], others: 600)
    var passes = 1
    while await stage.fleet.pass() { passes += 1 }
    #expect(stage.world.story.count { $0.hasPrefix("admit") } == 600)
    #expect(passes > 600 / Fleet.mostRecords)
  }

  /// A plan that the runtime shows to be in force is not handed over again at each look.
  @Test func whatIsSoIsNotAskedForAgain() async throws {
    let stage = try await CrowdStage()
    try await stage.follow(["trial": "1"], others: 0)
    for _ in 0..<6 { await stage.look() }
    let calls = stage.runtime.calls
    for _ in 0..<20 { await stage.look() }
    #expect(stage.runtime.calls == calls)
    stage.runtime.forget("trial")
    await stage.look()
    #expect(stage.runtime.calls == calls + 1, "a runtime that lags behind is told again")
  }
}

/// A fleet on a runtime that serves at once, and time that the test moves.
private struct CrowdStage {
  let clock = HandClock()
  let world: World
  let runtime: CrowdRuntime
  let fleet: Fleet

  init() async throws {
    world = World(
      seed: 1, clock: SimulatedClock(), faults: World.Faults(crash: 0, hiccup: 0))
    let life = Incarnation(in: world, until: clock.now.advanced(by: .seconds(360_000)))
    runtime = CrowdRuntime(clock)
    fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: Runtimes([.init(name: "local", runtime: runtime, telemetry: runtime)]),
        sampling: life, store: life, checkpoints: life, clock: clock),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: CapturedLog().logger)
    try await fleet.resume()
    await fleet.heed { [] }
  }

  func follow(
    _ versions: [String: String], others: Int, version: String = "1"
  ) async throws {
    var files = versions.map { ("\($0.key).yaml", Self.manifest($0.key, $0.value)) }
    files += (0..<others).map { ("other-\($0).yaml", Self.manifest("other-\($0)", version)) }
    var repository = CatalogTests.Repository(Dictionary(uniqueKeysWithValues: files))
    var catalog = Catalog(runtimes: ["local"])
    await fleet.follow(try await repository.snapshot(&catalog))
  }

  func look() async {
    clock.advance(by: .seconds(5))
    while await fleet.pass() {}
  }

  /// v1 serves, and v2 has half of the requests.
  func bringOnTrial(among others: Int) async throws {
    try await follow(["trial": "1"], others: others)
    for _ in 0..<20 { await look() }
    try await follow(["trial": "2"], others: others)
    for _ in 0..<4 { await look() }
    try #require(runtime.versions(of: "trial") == ["1", "2"], "\(world.story)")
  }

  private static func manifest(_ name: String, _ version: String) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name)}
    spec:
      model:
        version: "\(version)"
        uri: file:///m
        digest: sha256:\(String(repeating: version, count: 64))
        format: sklearn
      strategy:
        canary: {steps: [50%], atLeast: 10m, atMost: 20m}
      slos:
        - errors: {below: 1%}
      analysis: {interval: 5s, minRequests: 50}
      bake: 10s
    """
  }
}

/// A runtime that serves at once, and whose revisions answer 250 requests a look together.
private final class CrowdRuntime: Runtime, Telemetry {
  private struct State {
    var plans: [DeploymentName: Plan] = [:]
    var counts: [DeploymentName: [Revision.ID: Counts]] = [:]
    var failing: Set<String> = []
    var calls = 0
  }

  private let clock: HandClock
  private let state = Lock(State())

  init(_ clock: HandClock) { self.clock = clock }

  /// How often a plan was handed over.
  var calls: Int { state.withLock { $0.calls } }

  func fail(_ version: String) { state.withLock { _ = $0.failing.insert(version) } }

  func forget(_ name: String) {
    state.withLock { $0.plans[DeploymentName(namespace: "default", name: name)] = nil }
  }

  func isLoading(_ name: String, _ version: String) -> Bool {
    state.withLock { state in
      let plan = state.plans[DeploymentName(namespace: "default", name: name)]
      return plan?.loaded.contains { $0.model.version == version } ?? false
    }
  }

  /// The versions that have traffic.
  func versions(of name: String) -> [String] {
    state.withLock { state in
      let plan = state.plans[DeploymentName(namespace: "default", name: name)]
      let shares = plan?.shares.filter { $0.weight > .none } ?? []
      return (plan?.loaded ?? []).filter { loaded in shares.contains { $0.revision == loaded.id } }
        .map(\.model.version).sorted()
    }
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) {
    state.withLock { state in
      state.plans[deployment] = plan
      state.calls += 1
    }
  }

  func observe() -> [DeploymentName: RuntimeState] {
    state.withLock { state in
      state.plans.mapValues { plan in
        RuntimeState(
          readiness: Dictionary(uniqueKeysWithValues: plan.loaded.map { ($0.id, .ready) }),
          generationInForce: plan.generation)
      }
    }
  }

  func counters() -> Counters {
    state.withLock { state in
      for (name, plan) in state.plans {
        for share in plan.shares {
          let model = plan.loaded.first { $0.id == share.revision }?.model
          let requests = share.weight.value / 4
          let errors = state.failing.contains(model?.version ?? "") ? requests : 0
          let counts = Counts(
            requests: requests, errors: errors,
            latency: Histogram(edges: [250], counts: [requests, 0]))
          let old = state.counts[name]?[share.revision]
          state.counts[name, default: [:]][share.revision] = old?.adding(counts) ?? counts
        }
      }
      return Counters(
        asOf: clock.now, source: "crowd", epoch: "1", revisions: state.counts)
    }
  }
}
