import ClusterKit
import ClusterNode
import Control
import Manifests
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// The load that the pods of a candidate must bear, with real servers.
@Suite(.timeLimit(.minutes(4))) struct LoadStoryTests {
  private static let iris = ClusterBench.iris

  /// A load with a limit that is far from what a busy machine makes of a server that answers at once.
  private static func test(
    for duration: Duration = .seconds(2), recorded: LoadTest.Recorded? = nil
  ) -> LoadTest {
    LoadTest(
      requestsPerSecond: 40, duration: duration, below: 400, slow: Ratio(perMillion: 50_000),
      failed: Ratio(perMillion: 10_000), recorded: recorded)
  }

  /// What serves has all traffic, and the candidate is loaded and tested.
  private static func plan(
    _ generation: Int, _ serving: Revision, _ candidate: Revision, _ test: LoadTest,
    replicas: Int = 1
  ) -> Plan {
    Plan(
      generation: generation, loaded: [serving, candidate],
      routes: [.split([Plan.Share(revision: serving.id, weight: .all)])], replicas: replicas,
      loadTest: LoadTestOrder(revision: candidate.id, test: test))
  }

  private static func readiness(
    _ runtime: ClusterRuntime, _ revision: Revision
  ) async -> Readiness? {
    (try? await runtime.observe())?[iris]?.readiness[revision.id]
  }

  /// Runs `body` with a first revision that has all traffic.
  private static func run(
    _ kind: ClusterServing = .kserve,
    _ body: (ClusterBench, ClusterRuntime, Revision) async throws -> Void
  ) async throws {
    try await ClusterBench.run(kind) { bench in
      let first = try ClusterBench.revision("1")
      let runtime = try await bench.runtime()
      try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
      try await body(bench, runtime, first)
      await runtime.stop()
    }
  }

  /// Notes what a revision says of itself until that is ready or failed.
  private static func saying(
    _ runtime: ClusterRuntime, _ revision: Revision
  ) async throws -> [String] {
    var said: [String] = []
    try await eventually {
      let readiness = await readiness(runtime, revision)
      switch readiness {
      case .preparing(let text), .failed(let text):
        if said.last != text { said.append(text) }
      case .ready: said.append("ready")
      case .absent, nil: break
      }
      return if case .failed = readiness { true } else { readiness == .ready }
    }
    return said
  }

  /// Pods that keep up are ready, and tell on the way how far they are; those that do not are the reason of a rejection.
  @Test(
    .temporaryFolder,
    arguments: [
      (.kserve, "{}", 1, "ready"), (.container(port: 8080), "{}", 2, "ready"),
      (.kserve, #"{"think": 0.6}"#, 1, "requests (100%) took 400ms or longer, 5% may"),
      (.kserve, #"{"think": 0.6}"#, 2, "pod iris-rev2-"),
      (
        .kserve, #"{"endures": 20}"#, 1,
        #"failed, 1% may; the first: it answered 500: {"error": "tired"}"#
      ),
    ] as [(ClusterServing, String, Int, String)])
  func podsUnderLoad(kind: ClusterServing, behaviour: String, replicas: Int, end: String)
    async throws
  {
    try await Self.run(kind) { bench, runtime, first in
      let second = try ClusterBench.revision("2", behaviour: behaviour)
      let plan = Self.plan(2, first, second, Self.test(), replicas: replicas)
      try await runtime.apply(plan, to: Self.iris)
      let said = try await Self.saying(runtime, second)
      #expect(said.last?.contains(end) == true, "\(said)")
      #expect(said.contains { $0.contains("under load: ") }, "\(said)")
      #expect(try await bench.infer().revision == first.id)
    }
  }

  /// The smoke request comes first: who answers it wrongly is not put under load.
  @Test(.temporaryFolder) func smokeComesFirst() async throws {
    try await Self.run { _, runtime, first in
      let second = try ClusterBench.revision(
        "2", behaviour: #"{"infer": 500}"#, smoke: ClusterBench.good)
      try await runtime.apply(Self.plan(2, first, second, Self.test()), to: Self.iris)
      let said = try await Self.saying(runtime, second)
      #expect(said.last?.hasPrefix("answer a smoke inference: it answered 500") == true, "\(said)")
      #expect(!said.contains { $0.contains("under load") }, "\(said)")
    }
  }

  /// A pod that nobody reaches has not failed under load: it is waited for.
  @Test(.temporaryFolder) func whoIsNotReachedIsWaitedFor() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      await bench.node.isolate(revision: "rev2")
      try await runtime.apply(
        Self.plan(2, first, second, Self.test(for: .seconds(1))), to: Self.iris)
      try await eventually {
        guard case .preparing(let why)? = await Self.readiness(runtime, second) else {
          return false
        }
        return why.contains("127.9.9.9") && why.contains("has not said what it takes")
      }
      await bench.node.isolate(revision: "rev2", false)
      #expect(try await Self.saying(runtime, second).last == "ready")
    }
  }

  /// A load that the end of a controller has cut short begins anew, and what has traffic bears none.
  @Test(.temporaryFolder) func theNextLifeBeginsItAnew() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2", behaviour: #"{"think": 0.6}"#)
      let plan = Self.plan(2, first, second, Self.test())
      try await runtime.apply(plan, to: Self.iris)
      try await eventually {
        "\(String(describing: await Self.readiness(runtime, second)))".contains("under load: ")
      }
      await runtime.stop()
      let next = try await bench.runtime()
      #expect(try await next.observe()[Self.iris]?.isUntold == true)
      try await next.apply(plan, to: Self.iris)
      #expect(try await Self.saying(next, second).last?.contains("took 400ms or longer") == true)
      try await next.apply(Self.plan(3, second, first, Self.test()), to: Self.iris)
      #expect(await Self.readiness(next, first) == .ready)
      await next.stop()
    }
  }

  /// A load ends when the plan asks for it no more, and another one that is asked for later begins at its beginning.
  @Test(.temporaryFolder) func aLoadEndsWithItsPlan() async throws {
    try await Self.run { _, runtime, first in
      let second = try ClusterBench.revision("2", behaviour: #"{"think": 0.6}"#)
      try await runtime.apply(
        Self.plan(2, first, second, Self.test(for: .seconds(100))), to: Self.iris)
      try await eventually {
        "\(String(describing: await Self.readiness(runtime, second)))".contains("under load: ")
      }
      try await runtime.apply(
        ClusterBench.plan(3, [(first, 1000)], loaded: [second]), to: Self.iris)
      #expect(await Self.readiness(runtime, second) == .ready)
      try await eventually { await runtime.loads.isEmpty }
      try await runtime.apply(
        Self.plan(4, first, second, Self.test(for: .seconds(50))), to: Self.iris)
      let all = Self.test(for: .seconds(50)).requests
      try await eventually {
        "\(String(describing: await Self.readiness(runtime, second)))".contains(
          " of \(all) requests")
      }
      // An edit of what is to be borne is another load.
      try await runtime.apply(
        Self.plan(4, first, second, Self.test(for: .seconds(70))), to: Self.iris)
      let more = Self.test(for: .seconds(70)).requests
      try await eventually {
        "\(String(describing: await Self.readiness(runtime, second)))".contains(
          " of \(more) requests")
      }
    }
  }

  /// What was recorded is fetched by nobody here: the candidate fails with these words, and nothing is asked of it.
  @Test(.temporaryFolder) func recordedRequestsAreRefused() async throws {
    try await Self.run { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      let recorded = LoadTest.Recorded(uri: "file:///r", digest: "sha256:00")
      try await runtime.apply(
        Self.plan(2, first, second, Self.test(recorded: recorded)), to: Self.iris)
      let said = try await Self.saying(runtime, second)
      #expect(said == [ClusterLimit.recorded.rawValue])
      #expect(try await bench.infer().revision == first.id)
    }
  }
}
