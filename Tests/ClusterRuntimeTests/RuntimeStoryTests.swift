import ClusterKit
import ClusterRuntime
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

/// What may happen to a deployment in a cluster, one story each.
@Suite(.timeLimit(.minutes(4))) struct RuntimeStoryTests {
  private static let iris = ClusterBench.iris

  private static func state(_ runtime: ClusterRuntime) async -> RuntimeState? {
    (try? await runtime.observe())?[iris]
  }

  /// Runs `body` with a first revision that has all traffic.
  private static func run(
    _ kind: ClusterServing = .kserve, _ change: (inout KubernetesSettings) -> Void = { _ in },
    _ body: (ClusterBench, ClusterRuntime, Revision) async throws -> Void
  ) async throws {
    try await ClusterBench.run(kind, change) { bench in
      let first = try ClusterBench.revision("1")
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
        try await body(bench, runtime, first)
      }
    }
  }

  private static func writes(_ bench: ClusterBench) -> [LoggedRequest] {
    bench.server.requests.filter { $0.method != "GET" }
  }

  /// While nothing changes nothing is asked, and nothing is written.
  @Test(.temporaryFolder) func nothingIsAskedWhileNothingChanges() async throws {
    try await Self.run { bench, runtime, first in
      bench.server.forgetRequests()
      for _ in 0..<50 {
        try await runtime.apply(ClusterBench.plan(1, [(first, 1000)]), to: Self.iris)
        _ = try await runtime.observe()
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(bench.server.requests.isEmpty, "\(bench.server.requests.map(\.path))")
    }
  }

  /// An artifact that is not the one of the digest serves nothing, and the reason reaches the decision.
  @Test(.temporaryFolder) func anotherDigestIsAReason() async throws {
    try await Self.run { bench, runtime, first in
      let digest = "sha256:" + String(repeating: "0", count: 64)
      let second = try ClusterBench.revision("2", digest: digest)
      let plan = ClusterBench.plan(2, [(first, 1000)], loaded: [second])
      var reason = ""
      try await eventually {
        try await runtime.apply(plan, to: Self.iris)
        guard case .failed(let text)? = await Self.state(runtime)?.readiness[second.id] else {
          return false
        }
        reason = text
        return true
      }
      #expect(reason.contains("another digest than \(digest)"), "\(reason)")
      #expect(try await bench.infer().revision == first.id)
    }
  }

  /// No request fails while weights go up and down, and places keep their revisions.
  @Test(.temporaryFolder) func noRequestFailsWhileWeightsChange() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      let load = Task {
        var failed = 0
        while !Task.isCancelled {
          if (try? await bench.infer().status) != 200, !Task.isCancelled { failed += 1 }
        }
        return failed
      }
      for (index, weight) in [50, 250, 500, 1000, 0].enumerated() {
        let shares = [(first, 1000 - weight), (second, weight)]
        try await bench.put(
          ClusterBench.plan(
            2 + index, shares.filter { $0.1 > 0 }, loaded: shares.filter { $0.1 == 0 }.map(\.0)),
          on: runtime)
      }
      try await bench.put(ClusterBench.plan(9, [(first, 1000)]), on: runtime)
      try await eventually { await Self.state(runtime)?.readiness.count == 1 }
      load.cancel()
      #expect(await load.value == 0)
      #expect(bench.server.objects(of: .inferenceServices).count == 1)
    }
  }

  /// The next controller, with nothing on its disk, goes on where this one was.
  @Test(.temporaryFolder) func anotherControllerGoesOn() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      let plan = ClusterBench.plan(5, [(first, 900), (second, 100)])
      try await bench.put(plan, on: runtime)
      await runtime.stop()
      bench.server.forgetRequests()
      let next = try await bench.runtime()
      let state = await Self.state(next)
      #expect(state?.generationInForce == 5)
      #expect(state?.readiness == [first.id: .ready, second.id: .ready])
      await #expect(throws: ClusterRuntimeError.self) {
        try await next.apply(ClusterBench.plan(4, [(first, 1000)]), to: Self.iris)
      }
      try await bench.put(plan, on: next)
      #expect(Self.writes(bench).isEmpty, "\(Self.writes(bench).map(\.path))")
      await next.stop()
    }
  }

  /// A path of the operator's own leads to the model, and a change of it moves every route: it is nobody else's change.
  @Test(.temporaryFolder) func aPathFollowsTheSettings() async throws {
    try await Self.run(.kserve, { $0.foreignChanges = .hold }) { bench, runtime, first in
      await runtime.stop()
      let path = try Drawings.path("/ml/{namespace}/{name}")
      let next = try await bench.runtime { $0.path = path }
      try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: next)
      try await eventually {
        try await bench.infer(path: "/ml/default/iris/infer").revision == first.id
      }
      #expect(try await bench.infer().status == 404, "the old path is given up")
      #expect(await !next.countedPlaces.isEmpty, "nothing of it is in doubt")
      await next.stop()
    }
  }

  /// The record that made a plan stands on its route, and moves with nothing but the plan.
  @Test(.temporaryFolder) func aRouteNamesItsDecision() async throws {
    try await Self.run { bench, runtime, first in
      func decision() -> JSONValue? {
        bench.server.object(.httpRoutes, "default", "iris")?[
          path: "metadata", "annotations", "serin.dev/decision"]
      }
      let second = try ClusterBench.revision("2")
      let split = ClusterBench.plan(2, [(first, 500), (second, 500)])
      #expect(decision() == nil, "nobody has told it")
      let told: any Runtime = runtime
      try await told.apply(split, recordedAs: 41, to: Self.iris)
      try await bench.put(split, on: runtime)
      #expect(decision() == "41")
      bench.server.forgetRequests()
      try await told.apply(split, recordedAs: 42, to: Self.iris)
      bench.server.edit(
        .httpRoutes, "default", "iris",
        ["metadata": ["annotations": ["serin.dev/decision": .null]]])
      try await Task.sleep(for: .milliseconds(300))
      #expect(Self.writes(bench).isEmpty, "it is worth no write")
      await runtime.stop()
    }
  }

  /// The next life leaves the record on a route that it was not told of, and shows none of another plan.
  @Test(.temporaryFolder) func theNextLifeLeavesTheDecision() async throws {
    try await Self.run { bench, runtime, first in
      func decision() -> JSONValue? {
        bench.server.object(.httpRoutes, "default", "iris")?[
          path: "metadata", "annotations", "serin.dev/decision"]
      }
      let plan = ClusterBench.plan(2, [(first, 1000)])
      let told: any Runtime = runtime
      try await told.apply(plan, recordedAs: 41, to: Self.iris)
      try await bench.put(plan, on: runtime)
      await runtime.stop()
      let next = try await bench.runtime { $0.hostnames = ["models.example.org"] }
      try await bench.put(plan, on: next)
      let host: JSONValue = ["models.example.org"]
      try await eventually {
        bench.server.object(.httpRoutes, "default", "iris")?["spec"]?["hostnames"] == host
      }
      #expect(decision() == "41")
      try await bench.put(ClusterBench.plan(3, [(first, 1000)]), on: next)
      #expect(decision() == nil)
      await next.stop()
    }
  }

  /// A server whose API is away serves on, and what was decided meanwhile is done when it is back.
  @Test(.temporaryFolder) func anAPIThatIsAwayIsWaitedFor() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      try await bench.put(ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
      bench.server.setAway(true)
      let back = ClusterBench.plan(3, [(first, 1000)], loaded: [second])
      try await runtime.apply(back, to: Self.iris)
      for _ in 0..<20 {
        #expect(try await bench.infer().status == 200)
        #expect(await Self.state(runtime)?.generationInForce != 3)
        try await Task.sleep(for: .milliseconds(20))
      }
      bench.server.heal()
      try await bench.put(back, on: runtime)
      for _ in 0..<20 { #expect(try await bench.infer().revision == first.id) }
    }
  }

  /// With nearly every third request failing everything comes about, only later.
  @Test(.temporaryFolder, arguments: [Fault.internalError, .tooManyRequests(), .resetAfterwards])
  func failedRequestsAreRepeated(fault: Fault) async throws {
    try await Self.run { bench, runtime, first in
      bench.server.fail(percent: 30, with: fault)
      let second = try ClusterBench.revision("2")
      try await bench.put(ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
      try await bench.put(ClusterBench.plan(3, [(second, 1000)]), on: runtime)
      try await eventually { await Self.state(runtime)?.readiness.count == 1 }
      bench.server.heal()
      #expect(try await bench.infer().revision == second.id)
      #expect(bench.server.objects(of: .inferenceServices).count == 1)
    }
  }

  // MARK: Others

  /// What an autoscaler scales is not scaled back where it is to do so, and holds nothing up.
  @Test(.temporaryFolder) func anAutoscalerIsNotFought() async throws {
    try await Self.run(.container(port: 8080), { $0.scaling = .others }) { bench, runtime, first in
      func replicas() -> JSONValue? {
        bench.server.object(.deployments, "default", "iris-rev1")?["spec"]?["replicas"]
      }
      bench.server.forgetRequests()
      for count in [3, 2, 3, 2, 3] {
        bench.server.edit(
          .deployments, "default", "iris-rev1", ["spec": ["replicas": .number(count)]])
        try await Task.sleep(for: .milliseconds(200))
        #expect(replicas() == .number(count))
      }
      let second = try ClusterBench.revision("2")
      try await bench.put(ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
      #expect(replicas() == 3)
      let writes = bench.server.requests.filter {
        $0.method == "PATCH" && $0.path.hasSuffix("/iris-rev1")
      }
      #expect(writes.isEmpty)
      #expect(await !runtime.countedPlaces.isEmpty, "nothing of it is in doubt")
    }
  }

  /// An object with the same name that is somebody else's is left alone, and said to be there.
  @Test(.temporaryFolder) func anotherOnesObjectIsLeftAlone() async throws {
    try await ClusterBench.run(.container(port: 8080)) { bench in
      let theirs: JSONValue = [
        "apiVersion": "v1", "kind": "Service",
        "metadata": ["name": "iris-rev1", "namespace": "default"],
        "spec": ["ports": [["port": 1234]]],
      ]
      bench.server.write(theirs, manager: "them")
      let before = bench.server.object(.services, "default", "iris-rev1")
      let runtime = try await bench.runtime()
      let first = try ClusterBench.revision("1")
      try await runtime.apply(ClusterBench.plan(1, [(first, 1000)]), to: Self.iris)
      try await Task.sleep(for: .seconds(1))
      #expect(bench.server.object(.services, "default", "iris-rev1") == before)
      #expect(await Self.state(runtime)?.generationInForce == nil)
      await runtime.stop()
    }
  }

  /// Whoever may write in another namespace can give an object every label, and is believed nothing.
  @Test(.temporaryFolder) func whatLiesElsewhereIsNotBelieved() async throws {
    try await Self.run { bench, runtime, first in
      var forged = try #require(bench.server.object(.inferenceServices, "default", "iris-rev1"))
      forged[path: "metadata"] = [
        "namespace": "elsewhere", "name": "iris-rev2",
        "labels": forged[path: "metadata", "labels"] ?? [:],
        "annotations": ["serin.dev/deployment": "default/iris", "serin.dev/revision-id": "rev2"],
      ]
      bench.server.write([
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "elsewhere"],
      ])
      #expect(bench.server.write(forged) != nil)
      try await Task.sleep(for: .milliseconds(300))
      #expect(await Self.state(runtime)?.readiness == [first.id: .ready])
      try await bench.put(ClusterBench.plan(2, [(first, 1000)]), on: runtime)
      #expect(bench.server.object(.inferenceServices, "elsewhere", "iris-rev2") != nil)
    }
  }

  /// What no cluster does is said of the candidate; stable serves, and the way back is open.
  @Test(.temporaryFolder) func whatIsNotSupportedIsSaid() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      func plan(_ generation: Int, _ shares: [(Revision, Int)], _ loaded: [Revision]) -> Plan {
        Plan(
          generation: generation, loaded: loaded,
          routes: [
            .split(shares.map { Plan.Share(revision: $0.0.id, weight: PerMille($0.1)) })
          ], affinity: .header(name: "x-user"))
      }
      try await bench.put(plan(2, [(first, 1000)], [first, second]), on: runtime)
      try await eventually { await Self.state(runtime)?.readiness[second.id] == .ready }
      bench.server.forgetRequests()
      try await runtime.apply(
        plan(3, [(first, 900), (second, 100)], [first, second]), to: Self.iris)
      let readiness = try #require(await Self.state(runtime)?.readiness)
      #expect(readiness[first.id] == .ready)
      guard case .failed(let reason)? = readiness[second.id] else {
        Issue.record("it is not refused")
        return
      }
      #expect(reason.contains("affinity"))
      #expect(Self.writes(bench).isEmpty)
      try await bench.put(plan(4, [(first, 1000)], [first]), on: runtime)
      try await eventually { await Self.state(runtime)?.readiness.count == 1 }
    }
  }
}
