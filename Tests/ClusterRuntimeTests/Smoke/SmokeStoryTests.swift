import ClusterKit
import ClusterNode
import ClusterRuntime
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

/// Pods that have to answer a smoke request before any client reaches them.
@Suite(.timeLimit(.minutes(4))) struct SmokeStoryTests {
  private static let iris = ClusterBench.iris
  private static let both: [ClusterServing] = [.kserve, .container(port: 8080)]
  private static let zero = ExpectedAnswer(
    body: #"{"outputs": [{"name": "y", "shape": [1], "data": [0]}]}"#)

  private static func readiness(
    _ runtime: ClusterRuntime, _ revision: Revision
  ) async -> Readiness? {
    (try? await runtime.observe())?[iris]?.readiness[revision.id]
  }

  /// Returns a revision that has to answer class 0.
  private static func revision(
    _ version: String, behaviour: String = "{}", expecting answer: ExpectedAnswer? = zero
  ) throws -> Revision {
    try ClusterBench.revision(
      version, behaviour: behaviour, smoke: ClusterBench.good, expecting: answer)
  }

  /// Runs `body` with a first revision that has all traffic and was asked nothing, and a plan that loads a second one.
  private static func run(
    _ kind: ClusterServing = .kserve, second: Revision, isIsolated: Bool = false,
    _ change: (inout KubernetesSettings) -> Void = { _ in },
    _ body: (ClusterBench, ClusterRuntime, Plan) async throws -> Void
  ) async throws {
    try await ClusterBench.run(kind, change) { bench in
      let first = try ClusterBench.revision("1")
      await bench.node.isolate(revision: second.id.description, isIsolated)
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
        let plan = ClusterBench.plan(2, [(first, 1000)], loaded: [second])
        try await bench.put(plan, on: runtime)
        try await body(bench, runtime, plan)
      }
    }
  }

  /// Each pod is asked once, and the revision is ready when all have answered: with one more inference they would be tired.
  @Test(.temporaryFolder, arguments: both) func aRightAnswerIsAskedForOnce(
    kind: ClusterServing
  ) async throws {
    let revision = try Self.revision("1", behaviour: #"{"endures": 1}"#)
    try await ClusterBench.run(kind) { bench in
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(revision, 1000)], replicas: 2), on: runtime)
        #expect(await Self.readiness(runtime, revision) == .ready)
        try await Task.sleep(for: .milliseconds(300))
        for _ in 0..<4 { #expect(try await bench.infer().status == 500) }
        #expect(await Self.readiness(runtime, revision) == .ready)
      }
    }
  }

  /// What a model answers wrongly is the reason of its failure, in the words of a runtime on one machine; no client reaches it.
  @Test(
    .temporaryFolder,
    arguments: [
      (#"{"infer": 500}"#, #"it answered 500: {"error": "told to"}"#),
      (#"{"infer": 302}"#, #"it answered 302: {"error": "told to"}"#),
      (#"{"infer": 200}"#, "its answer is no JSON with outputs"),
      (#"{"bulk": 5000000}"#, "the answer is longer than 4194304 bytes"),
      (
        #"{"above": 0}"#,
        #"it is not the answer that the manifest expects: {"model_name": "iris""#
      ),
    ])
  func aWrongAnswerFails(behaviour: String, reason: String) async throws {
    let answer = ExpectedAnswer(
      body: #"{"outputs": [{"name": "class", "shape": [1, 1], "data": [0]}]}"#)
    let second = try Self.revision("2", behaviour: behaviour, expecting: answer)
    try await Self.run(second: second) { bench, runtime, plan in
      var words = ""
      try await eventually {
        guard case .failed(let why)? = await Self.readiness(runtime, second) else { return false }
        words = why
        return true
      }
      #expect(words.hasPrefix("answer a smoke inference: \(reason)"), "\(words)")
      let move = ClusterBench.plan(3, [(plan.loaded[0], 500), (second, 500)])
      try await runtime.apply(move, to: Self.iris)
      try await Task.sleep(for: .milliseconds(300))
      for _ in 0..<10 { #expect(try await bench.infer().revision == plan.loaded[0].id) }
    }
  }

  /// A pod that nobody reaches is no wrong answer: it is waited for, the reason says where to look, and stable serves.
  @Test(.temporaryFolder) func whoIsNotReachedIsWaitedFor() async throws {
    let second = try Self.revision("2")
    try await Self.run(second: second, isIsolated: true) { bench, runtime, _ in
      try await eventually {
        guard case .preparing(let why)? = await Self.readiness(runtime, second) else {
          return false
        }
        return why.hasPrefix("pod iris-rev2-") && why.contains(" at 127.9.9.9:")
          && why.contains("NetworkPolicy")
      }
      #expect(try await bench.infer().status == 200)
      await bench.node.isolate(revision: "rev2", false)
      try await eventually { await Self.readiness(runtime, second) == .ready }
    }
  }

  /// A model that thinks for longer than an answer may take is waited for, and asked again.
  @Test(.temporaryFolder) func aLateAnswerIsNone() async throws {
    let second = try Self.revision("2", behaviour: #"{"think": 5}"#)
    try await Self.run(second: second, { $0.requestTimeout = .seconds(1) }) { _, runtime, _ in
      try await eventually {
        guard case .preparing(let why)? = await Self.readiness(runtime, second) else {
          return false
        }
        return why.contains("timed out")
      }
    }
  }

  /// The next controller asks nothing of what serves, and takes nothing away from it, nor when a pod comes that it cannot
  /// reach.
  @Test(.temporaryFolder, arguments: both) func whatServesServesOn(
    kind: ClusterServing
  ) async throws {
    let revision = try Self.revision("1")
    try await ClusterBench.run(kind) { bench in
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(revision, 1000)]), on: runtime)
      }
      await bench.node.isolate(revision: "rev1")
      try await bench.withRuntime { runtime in
        #expect(await Self.readiness(runtime, revision) == .ready)
        try await bench.put(ClusterBench.plan(1, [(revision, 1000)]), on: runtime)
        #expect(await Self.readiness(runtime, revision) == .ready)
        try await runtime.apply(
          ClusterBench.plan(1, [(revision, 1000)], replicas: 2), to: Self.iris)
        try await eventually {
          let pods = bench.server.objects(of: .pods).filter {
            $0[path: "status", "conditions"]?.items.first?["status"] == "True"
          }
          return pods.count == 2
        }
        try await Task.sleep(for: .milliseconds(200))
        #expect(await Self.readiness(runtime, revision) == .ready)
        #expect(try await bench.infer().status == 200)
      }
    }
  }

  /// What no controller has heard yet does not count for the next one, before and after it knows what is to be asked.
  @Test(.temporaryFolder) func theNextLifeAsks() async throws {
    let second = try Self.revision("2")
    try await Self.run(second: second, isIsolated: true) { bench, runtime, plan in
      try await eventually {
        guard case .preparing(let why)? = await Self.readiness(runtime, second) else {
          return false
        }
        return why.contains("127.9.9.9")
      }
      await runtime.stop()
      try await bench.withRuntime { next in
        #expect(try await next.observe()[Self.iris]?.isUntold == true)
        await bench.node.isolate(revision: "rev2", false)
        try await bench.put(plan, on: next)
        try await eventually { await Self.readiness(next, second) == .ready }
      }
    }
  }

  /// A reserve that was stopped has served: its new pods are asked nothing, so that nothing is in the way back.
  @Test(.temporaryFolder, arguments: both, [false, true]) func aWayBackWaitsForNoAnswer(
    kind: ClusterServing, isNextLife: Bool
  ) async throws {
    let (old, new) = (try Self.revision("1"), try Self.revision("2"))
    let bake = Plan(
      generation: 2, loaded: [old, new], reserve: old.id,
      routes: [.split([Plan.Share(revision: new.id, weight: .all)])])
    let change: (inout KubernetesSettings) -> Void = {
      ($0.reserve, $0.drainTimeout) = (.stopped, .milliseconds(200))
    }
    try await ClusterBench.run(kind, change) { bench in
      var runtime = try await bench.runtime()
      try await bench.put(ClusterBench.plan(1, [(old, 1000)]), on: runtime)
      try await bench.put(bake, on: runtime)
      try await eventually { await Self.readiness(runtime, old) == .preparing("stopped") }
      await bench.node.isolate(revision: "rev1")
      if isNextLife {
        await runtime.stop()
        runtime = try await bench.runtime()
      }
      try await bench.put(ClusterBench.plan(3, [(old, 1000)]), on: runtime)
      #expect(try await bench.infer().revision == old.id)
      await runtime.stop()
    }
  }

  /// What serves goes on when its route was lost while nobody was in charge, whether its pods can be asked or not.
  @Test(.temporaryFolder) func aLostRouteWaitsForNoAnswer() async throws {
    let revision = try Self.revision("1")
    try await ClusterBench.run { bench in
      let plan = ClusterBench.plan(1, [(revision, 1000)])
      try await bench.withRuntime { try await bench.put(plan, on: $0) }
      await bench.node.isolate(revision: "rev1")
      bench.server.delete(.httpRoutes, "default", "iris")
      try await bench.withRuntime { next in
        try await bench.put(plan, on: next)
        try await eventually { (try? await bench.infer().revision) == revision.id }
      }
    }
  }

  /// A candidate that somebody has scaled to none, so that its pods start anew, has answered nothing by that.
  @Test(.temporaryFolder) func whoWasStoppedByOthersHasToAnswer() async throws {
    let second = try Self.revision("2")
    try await Self.run(.container(port: 8080), second: second, isIsolated: true) {
      bench, runtime, _ in
      func pods() -> Set<String> {
        Set(bench.server.objects(of: .pods).compactMap { $0["metadata"]?["name"]?.string })
      }
      try await eventually { pods().count == 2 }
      let before = pods()
      bench.server.edit(.deployments, "default", "iris-rev2", ["spec": ["replicas": 0]])
      try await eventually { pods().count == 2 && pods() != before }
      for _ in 0..<20 {
        #expect(await Self.readiness(runtime, second) != .ready)
        try await Task.sleep(for: .milliseconds(50))
      }
      await bench.node.isolate(revision: "rev2", false)
      try await eventually { await Self.readiness(runtime, second) == .ready }
    }
  }

  /// A pod that says it is the revision's and lies elsewhere is neither asked nor waited for.
  @Test(.temporaryFolder) func whoLiesElsewhereIsNotAsked() async throws {
    let second = try Self.revision("2")
    try await Self.run(second: second, isIsolated: true) { bench, runtime, _ in
      func isolated() -> JSONValue? {
        bench.server.objects(of: .pods).first { $0["status"]?["podIP"] == "127.9.9.9" }
      }
      try await eventually { isolated() != nil }
      let own = try #require(isolated())
      bench.server.write([
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "elsewhere"],
      ])
      let metadata: JSONValue = [
        "name": "forged", "namespace": "elsewhere",
        "labels": own["metadata"]?["labels"] ?? [:],
        "annotations": own["metadata"]?["annotations"] ?? [:],
      ]
      #expect(bench.server.write(own.with("metadata", metadata)) != nil)
      let status = (own["status"] ?? [:])
        .with("conditions", [["type": "Ready", "status": "True"]])
      #expect(bench.server.writeStatus(.pods, "elsewhere", "forged", status) != nil)
      await bench.node.isolate(revision: "rev2", false)
      try await eventually { await Self.readiness(runtime, second) == .ready }
    }
  }
}
