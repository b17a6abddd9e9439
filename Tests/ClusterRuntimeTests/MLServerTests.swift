import ClusterNode
import ClusterRuntime
import Control
import Encoding
import Foundation
import HTTP
import Manifests
import Rollouts
import TestKit
import Testing

/// Pods in which MLServer itself serves models of scikit-learn.
@Suite(.timeLimit(.minutes(5))) struct MLServerTests {
  /// What models answer tells them apart: each says its own version, and clients get both by halves, and then the second.
  ///
  /// A third one says another version than its smoke request expects, and gets none of them.
  @Test(.temporaryFolder) func realModelsAnswerByTheirShares() async throws {
    try await ClusterBench.run(programs: Self.programs) { bench in
      let (first, second) = (try Self.revision(1, expecting: 1), try Self.revision(2, expecting: 2))
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
        #expect(try await Self.answers(bench) == [1])
        try await bench.put(ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
        #expect(try await Self.answers(bench) == [1, 2])
        try await bench.put(ClusterBench.plan(3, [(second, 1000)]), on: runtime)
        #expect(try await Self.answers(bench) == [2])
        let third = try Self.revision(3, expecting: 4)
        try await bench.put(ClusterBench.plan(4, [(second, 1000)], loaded: [third]), on: runtime)
        try await eventually {
          let state = try await runtime.observe()[ClusterBench.iris]
          guard case .failed(let why)? = state?.readiness[third.id] else { return false }
          return why.contains("it is not the answer that the manifest expects")
        }
      }
    }
  }

  /// What MLServer counts in each pod is what clients were answered, and what was copied: failures, too, and after a pod has
  /// started again.
  @Test(.temporaryFolder) func whatMLServerCountsIsEvidence() async throws {
    let prometheus = PrometheusSettings(
      url: "http://127.0.0.1", metrics: MetricPreset.mlserver.scheme)
    try await ClusterBench.run(programs: Self.programs, { $0.prometheus = prometheus }) { bench in
      let server = try PrometheusServer(
        scrapingTargetsOf: bench.node.targets, every: "200ms", in: TemporaryFolder.current)
      let (good, bad) = (try Self.revision(1), try Self.revision(2, isFitted: false))
      try await bench.withRuntime { runtime in
        try await bench.put(
          ClusterBench.plan(1, [(good, 500), (bad, 500)], replicas: 2), on: runtime)
        let process = try await server.start()
        defer { process.stop(SIGKILL) }
        let telemetry = ScrapedCounts.life(runtime, server, of: .mlserver)
        _ = try? await telemetry.counters()
        var asked = try await Self.ask(bench, 40, good, bad)
        try await Self.expect(asked, telemetry, good, bad, "each pod counts its own")
        await bench.node.crash(revision: good.id.description)
        try await Self.waitUntil(good, isReady: false, runtime)
        try await Self.waitUntil(good, isReady: true, runtime)
        asked = asked.adding(try await Self.ask(bench, 20, good, bad))
        try await Self.expect(asked, telemetry, good, bad, "a pod that starts again")
        let copy = Plan.Route.mirror(.init(revision: bad.id, weight: .all))
        try await bench.put(
          ClusterBench.plan(2, [(good, 1000)], loaded: [bad], and: [copy], replicas: 2), on: runtime
        )
        let copied = try await Self.ask(bench, 10, good, bad)
        #expect(copied == Asked(good: 10))
        asked = asked.adding(Asked(good: 10, bad: 10))
        try await Self.expect(asked, telemetry, good, bad, "copies")
      }
    }
  }

  /// How many requests each of the two has answered.
  private struct Asked: Equatable {
    var good = 0
    var bad = 0
    /// The requests and the errors of each: whatever the bad one answers is one.
    var counts: [[Int]] { [[good, 0], [bad, bad]] }

    func adding(_ other: Self) -> Self { Self(good: good + other.good, bad: bad + other.bad) }
  }

  private static func ask(
    _ bench: ClusterBench, _ count: Int, _ good: Revision, _ bad: Revision
  ) async throws -> Asked {
    var asked = Asked()
    for _ in 0..<count {
      let answer = try await bench.infer()
      #expect(answer.status == (answer.revision == good.id ? 200 : 500))
      if answer.revision == good.id { asked.good += 1 } else { asked.bad += 1 }
    }
    return asked
  }

  private static func waitUntil(
    _ revision: Revision, isReady: Bool, _ runtime: ClusterRuntime
  ) async throws {
    try await eventually {
      let state = try await runtime.observe()[ClusterBench.iris]
      return (state?.readiness[revision.id] == .ready) == isReady
    }
  }

  /// Waits until so many requests are counted, of which all that the bad one has answered are errors.
  private static func expect(
    _ asked: Asked, _ telemetry: ClusterTelemetry, _ good: Revision, _ bad: Revision,
    _ what: Comment
  ) async throws {
    var counted: [[Int]] = []
    try? await eventually {
      // Before the first request there is nothing.
      guard let counters = try? await telemetry.counters() else { return false }
      let all = [good, bad].map { counters.total(of: $0.id, in: ClusterBench.iris) }
      counted = all.map { [$0?.requests ?? 0, $0?.errors ?? 0] }
      return counted == asked.counts
    }
    #expect(counted == asked.counts, what)
  }

  private static var programs: NodePrograms {
    let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path
    return NodePrograms(server: [
      testPython, root + "/hack/demo.d/pod.py", "{port}", "{model}", "{name}", "{version}",
      "{metrics}",
    ])
  }

  /// A model that answers its own version, whatever it is asked; one that was not fitted fails instead.
  ///
  /// Where an answer is expected it is asked a smoke request.
  private static func revision(
    _ version: Int, isFitted: Bool = true, expecting expected: Int? = nil
  ) throws -> Revision {
    let file = TemporaryFolder.current.appending(path: "\(version).joblib").path
    let script = """
      import joblib, sys
      from sklearn.dummy import DummyClassifier
      model = DummyClassifier(strategy="constant", constant=\(version))
      \(isFitted ? "model.fit([[0, 0, 0, 0]], [\(version)])" : "")
      joblib.dump(model, sys.argv[1])
      """
    try shell([testPython, "-c", script, file])
    let answer = expected.map {
      ExpectedAnswer(
        body: #"{"outputs": [{"name": "predict", "shape": [1, 1], "data": [\#($0)]}]}"#)
    }
    return Revision(
      id: Revision.ID("rev\(version)"),
      model: Model(
        version: "\(version)", uri: "file://\(file)", digest: nil, format: "sklearn",
        smoke: expected == nil ? nil : ClusterBench.good, retry: 0, answer: answer))
  }

  private static func answers(_ bench: ClusterBench) async throws -> Set<Int> {
    var answers: Set<Int> = []
    for _ in 0..<40 {
      var request = HTTPRequest("http://127.0.0.1:\(bench.port)/v2/models/iris/infer")
      (request.method, request.body) = ("POST", Array(ClusterBench.good.utf8))
      request.headers = [("Content-Type", "application/json")]
      let answer = try await bench.client.send(request)
      #expect(answer.status == 200)
      let outputs = try JSONValue(parsing: answer.body)["outputs"]?.items
      answers.insert(try #require(outputs?.first?["data"]?.items.first?.integer))
    }
    return answers
  }
}
