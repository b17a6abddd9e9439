import ClusterKit
import ClusterNode
import Control
import Encoding
import Foundation
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// What must not keep traffic from going back, nor cut it off on its way.
@Suite(.timeLimit(.minutes(4))) struct WayBackTests {
  private static let iris = ClusterBench.iris

  /// Runs `body` with two revisions that share the traffic.
  private static func run(
    _ change: (inout KubernetesSettings) -> Void = { _ in },
    _ body: (ClusterBench, ClusterRuntime, _ stable: Revision, _ candidate: Revision) async throws
      -> Void
  ) async throws {
    try await ClusterBench.run(.kserve, change) { bench in
      let (stable, candidate) = (
        try ClusterBench.revision("1"), try ClusterBench.revision("2")
      )
      try await bench.withRuntime { runtime in
        try await bench.put(
          ClusterBench.plan(1, [(stable, 750), (candidate, 250)]), on: runtime)
        try await body(bench, runtime, stable, candidate)
      }
    }
  }

  private static func state(_ runtime: ClusterRuntime) async -> RuntimeState? {
    (try? await runtime.observe())?[iris]
  }

  /// A next candidate that the cluster refuses does not hold up the way back from the last one, and has a reason.
  @Test(.temporaryFolder) func aRefusedLoadHoldsNothingUp() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      bench.server.fail(percent: 100, with: .internalError) { $0.path.hasSuffix("/iris-rev3") }
      let next = try ClusterBench.revision("3")
      try await bench.put(ClusterBench.plan(2, [(stable, 1000)], loaded: [next]), on: runtime)
      for _ in 0..<20 { #expect(try await bench.infer().revision == stable.id) }
      try await eventually {
        guard case .preparing(let why)? = await Self.state(runtime)?.readiness[next.id] else {
          return false
        }
        return why.contains("iris-rev3")
      }
      bench.server.heal()
      try await eventually { await Self.state(runtime)?.readiness[next.id] == .ready }
    }
  }

  /// A hundred deployments that are new at once take turns, and a way back goes before them.
  @Test(.temporaryFolder) func manyNewOnesHoldNothingUp() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      await runtime.stop()
      // Nothing of the new ones is to be started.
      await bench.node.stop()
      let slow = KubernetesClient(
        ClusterAccess(server: bench.server.url), pace: Pace(perSecond: 5, burst: 5))
      let next = ClusterRuntime(
        ClusterRuntimeSetup(bench.settings, owner: "serin.cluster", propagation: .zero),
        client: slow, clock: SystemClock(), logger: ClusterBench.logger)
      await next.start()
      try await eventually { (try? await next.observe()) != nil }
      bench.server.forgetRequests()
      let new = ClusterBench.plan(1, [(stable, 1000)])
      for number in 1...100 { try await next.apply(new, to: DeploymentName(name: "new-\(number)")) }
      try await next.apply(
        ClusterBench.plan(2, [(stable, 1000)], loaded: [candidate]), to: Self.iris)
      func writes(_ resource: String) -> Int {
        bench.server.requests.count { $0.method == "PATCH" && $0.resource == resource }
      }
      try await eventually { writes("httproutes") > 0 }
      let before = writes("inferenceservices")
      #expect(before < 50, "\(before) of 100 new ones went before it")
      try await eventually { writes("inferenceservices") > before }
      await next.stop()
    }
  }

  /// Quarrels about a route are bounded; a way back is no quarrel.
  @Test(.temporaryFolder) func aQuarrelHoldsNothingUp() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      let rules = bench.server.object(.httpRoutes, "default", "iris")?["spec"]?["rules"]?.items
      let theirs: JSONValue = ["spec": ["rules": .array([try #require(rules?.first)])]]
      for round in 0..<4 {
        bench.server.edit(.httpRoutes, "default", "iris", theirs)
        guard round < 3 else { break }
        try await eventually {
          bench.server.object(.httpRoutes, "default", "iris")?["spec"]?["rules"]?.items == rules
        }
      }
      try await eventually { await Self.state(runtime)?.generationInForce == nil }
      try await bench.put(
        ClusterBench.plan(2, [(stable, 1000)], loaded: [candidate]), on: runtime)
      for _ in 0..<20 { #expect(try await bench.infer().revision == stable.id) }
    }
  }

  /// With `hold` weights that somebody else has written stay, and nothing counts; a way back is applied over them.
  @Test(.temporaryFolder) func othersWeightsStay() async throws {
    try await Self.run({ $0.foreignChanges = .hold }) { bench, runtime, stable, candidate in
      let rules = bench.server.object(.httpRoutes, "default", "iris")?["spec"]?["rules"]?.items
      let theirs = try #require(rules).map { rule in
        let backends = (rule["backendRefs"]?.items ?? []).enumerated().map { place, backend in
          backend.with("weight", .number(place == 0 ? 1 : 999))
        }
        return rule.with("backendRefs", .array(backends))
      }
      bench.server.edit(.httpRoutes, "default", "iris", ["spec": ["rules": .array(theirs)]])
      try await eventually { await Self.state(runtime)?.generationInForce == nil }
      try await Task.sleep(for: .milliseconds(500))
      let now = bench.server.object(.httpRoutes, "default", "iris")?["spec"]?["rules"]?.items
      #expect(now == theirs)
      #expect(await runtime.countedPlaces.isEmpty)
      try await bench.put(
        ClusterBench.plan(2, [(stable, 1000)], loaded: [candidate]), on: runtime)
      for _ in 0..<20 { #expect(try await bench.infer().revision == stable.id) }
    }
  }

  /// A controller that stands by does nothing of what it was told before.
  @Test(.temporaryFolder) func whoRestsDoesNothing() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      await runtime.rest()
      let other = try await bench.runtime()
      try await bench.put(ClusterBench.plan(2, [(stable, 1000)]), on: other)
      try await eventually { await Self.state(other)?.readiness.count == 1 }
      await other.stop()
      #expect(bench.server.objects(of: .inferenceServices).count == 1)
      await #expect(throws: ClusterRuntimeError.self, "an older plan") {
        try await runtime.apply(
          ClusterBench.plan(1, [(stable, 750), (candidate, 250)]), to: Self.iris)
      }
    }
  }

  /// A gateway that does not take a route may go on as before: nothing is ended under its feet.
  @Test(.temporaryFolder) func nothingEndsBeforeTheGatewayHasTheRoute() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      await bench.node.stop()
      try await runtime.apply(ClusterBench.plan(2, [(stable, 1000)]), to: Self.iris)
      try await eventually {
        bench.server.object(.httpRoutes, "default", "iris")?[
          path: "metadata", "annotations", "serin.dev/generation"] == "2"
      }
      try await Task.sleep(for: bench.settings.drainTimeout + .seconds(1))
      #expect(await Self.state(runtime)?.generationInForce == nil)
      #expect(await Self.state(runtime)?.readiness[candidate.id] == .ready)
      #expect(bench.server.object(.inferenceServices, "default", "iris-rev2") != nil)
    }
  }

  /// What serves keeps the settings that it was drawn with: a new image restarts nothing.
  @Test(.temporaryFolder) func newSettingsRestartNothing() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      await runtime.stop()
      var settings = bench.settings
      settings.image = "serin:2"
      bench.server.forgetRequests()
      let next = ClusterRuntime(
        ClusterRuntimeSetup(settings, owner: "serin.cluster", propagation: .zero),
        client: KubernetesClient(ClusterAccess(server: bench.server.url)), clock: SystemClock(),
        logger: ClusterBench.logger)
      await next.start()
      try await eventually { (try? await next.observe()) != nil }
      try await bench.put(
        ClusterBench.plan(1, [(stable, 750), (candidate, 250)]), on: next)
      try await Task.sleep(for: .milliseconds(300))
      #expect(bench.server.requests.allSatisfy { $0.method == "GET" })
      await next.stop()
    }
  }

  /// What a gateway has accepted is in force a moment later.
  @Test(.temporaryFolder) func acceptedIsNotProgrammed() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      let next = ClusterRuntime(
        ClusterRuntimeSetup(
          bench.settings, owner: "serin.cluster", propagation: .milliseconds(400)),
        client: KubernetesClient(ClusterAccess(server: bench.server.url)), clock: SystemClock(),
        logger: ClusterBench.logger)
      await next.start()
      try await eventually { (try? await next.observe()) != nil }
      #expect(await Self.state(next)?.generationInForce == nil)
      try await eventually { await Self.state(next)?.generationInForce == 1 }
      await next.stop()
    }
  }

  /// A cluster that cannot be followed is not said to be as it was.
  @Test(.temporaryFolder) func silenceIsNoNews() async throws {
    try await Self.run { bench, runtime, stable, candidate in
      let client = KubernetesClient(ClusterAccess(server: bench.server.url))
      let follower = Follower<ClusterEntry>(
        client, .httpRoutes, in: "default", logger: ClusterBench.logger
      ) { _ in }
      let task = Task { await follower.run() }
      try await eventually { await follower.heardAt != nil }
      #expect(await follower.silence == nil)
      // A watch that was being opened is not among those that end.
      try await eventually {
        bench.server.setAway(true)
        return await follower.silence != nil
      }
      bench.server.heal()
      try await eventually { await follower.silence == nil }
      task.cancel()
    }
  }
}
