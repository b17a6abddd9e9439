import ClusterKit
import ClusterRuntime
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

/// Whose payloads are taken, and which servers send them.
@Suite(.timeLimit(.minutes(4))) struct PayloadStoryTests {
  private static let iris = ClusterBench.iris
  private static let url = "http://127.0.0.1:9"

  private static func run(
    senders: PayloadSenders = .pods,
    _ body: (ClusterBench, ClusterRuntime, Revision) async throws -> Void
  ) async throws {
    try await ClusterBench.run(
      .kserve, { $0.payloads = PayloadSettings(url: url, senders: senders) }
    ) { bench in
      let first = try ClusterBench.revision("1")
      try await bench.withRuntime { try await body(bench, $0, first) }
    }
  }

  private static func plan(
    _ generation: Int, _ shares: [(Revision, Int)], loaded: [Revision] = [], isWatched: Bool = true
  ) -> Plan {
    Plan(
      generation: generation, loaded: shares.map(\.0) + loaded,
      routes: [
        .split(shares.map { Plan.Share(revision: $0.0.id, weight: PerMille($0.1)) })
      ],
      sampling: isWatched ? .share(PerMille(250)) : .none, isWatched: isWatched)
  }

  private static func loggers(_ bench: ClusterBench) -> [String: String] {
    let servers = bench.server.objects(of: .inferenceServices).map { object in
      (
        object["metadata"]?["name"]?.string ?? "",
        object["spec"]?["predictor"]?["logger"]?["url"]?.string ?? "none"
      )
    }
    return Dictionary(servers) { first, _ in first }
  }

  /// Servers of a deployment that is watched have a logger, and are known by their names and their pods' addresses.
  @Test(.temporaryFolder) func theServersOfAWatchedDeploymentAreKnown() async throws {
    try await Self.run { bench, runtime, first in
      try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
      #expect(Self.loggers(bench) == ["iris-rev1": Self.url + "/v1/payloads"])
      let book = runtime.book
      try await eventually { book.hasServer(at: "127.0.0.1") }
      #expect(
        book.server(called: "iris-rev1", in: "default")
          == LoggedServer(
            deployment: Self.iris, revision: first.id, sampling: .share(PerMille(250)),
            addresses: ["127.0.0.1"]))
      for (name, namespace) in [("iris", "default"), ("iris-rev1", "other"), ("", "")] {
        #expect(book.server(called: name, in: namespace) == nil)
      }
      #expect(!book.hasServer(at: "127.0.0.2") && !book.hasServer(at: nil))
      await runtime.rest()
      #expect(book.server(called: "iris-rev1", in: "default") == nil)
      #expect(!book.hasServer(at: "127.0.0.1"))
    }
  }

  /// Somebody else's object of the same name and labels counts for nothing, and neither does a server that is gone.
  @Test(.temporaryFolder) func serversThatAreGoneAreForgotten() async throws {
    try await Self.run(senders: .any) { bench, runtime, first in
      let second = try ClusterBench.revision("2")
      try await bench.put(Self.plan(1, [(first, 500), (second, 500)]), on: runtime)
      #expect(runtime.book.server(called: "iris-rev1", in: "default")?.addresses == nil)
      #expect(runtime.book.hasServer(at: nil))
      try await bench.put(Self.plan(2, [(second, 1000)]), on: runtime)
      try await eventually { runtime.book.server(called: "iris-rev1", in: "default") == nil }
      #expect(runtime.book.server(called: "iris-rev2", in: "default")?.revision == second.id)
    }
  }

  /// Drift that is turned on reaches the servers of its own deployment, once; no request fails meanwhile.
  ///
  /// Turned off it restarts nothing, and nothing is taken any more.
  @Test(.temporaryFolder) func turningItOnReachesItsOwnServers() async throws {
    try await Self.run { bench, runtime, first in
      let other = DeploymentName(name: "other")
      for name in [Self.iris, other] {
        try await bench.put(
          Self.plan(1, [(first, 1000)], isWatched: false), to: name, on: runtime)
      }
      #expect(Set(Self.loggers(bench).values) == ["none"])
      let pods = Self.pods(bench)
      let load = Task {
        var failed = 0
        while !Task.isCancelled {
          if (try? await bench.infer().status) != 200, !Task.isCancelled { failed += 1 }
        }
        return failed
      }
      try await runtime.apply(Self.plan(1, [(first, 1000)]), to: Self.iris)
      try await eventually {
        Self.pods(bench).filter { $0.hasPrefix("iris") }.isDisjoint(with: pods)
          && Self.pods(bench).count == 2
      }
      load.cancel()
      #expect(await load.value == 0)
      let logged = ["iris-rev1": Self.url + "/v1/payloads", "other-rev1": "none"]
      #expect(Self.loggers(bench) == logged)
      #expect(Self.pods(bench).filter { $0.hasPrefix("other") }.isSubset(of: pods))
      try await eventually { runtime.book.server(called: "iris-rev1", in: "default") != nil }
      bench.server.forgetRequests()
      let news = Self.pods(bench)
      try await runtime.apply(Self.plan(1, [(first, 1000)], isWatched: false), to: Self.iris)
      try await eventually { runtime.book.server(called: "iris-rev1", in: "default") == nil }
      try await Task.sleep(for: .milliseconds(300))
      #expect(Self.loggers(bench) == logged && Self.pods(bench) == news)
      #expect(bench.server.requests.filter { $0.method != "GET" }.isEmpty)
    }
  }

  private static func pods(_ bench: ClusterBench) -> Set<String> {
    Set(bench.server.objects(of: .pods).compactMap { $0["metadata"]?["name"]?.string })
  }

  /// Without a logger a candidate of a deployment that is watched is refused in words, and the way back is open.
  @Test(
    .temporaryFolder,
    arguments: [
      (ClusterServing.kserve, ClusterLimit.payloads), (.container(port: 8080), .noLogger),
    ])
  func withoutALoggerACandidateIsRefused(kind: ClusterServing, limit: ClusterLimit) async throws {
    try await ClusterBench.run(kind) { bench in
      let runtime = try await bench.runtime()
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
      try await runtime.apply(Self.plan(2, [(first, 1000)], loaded: [second]), to: Self.iris)
      let state = try await runtime.observe()[Self.iris]
      #expect(state?.readiness[second.id] == .failed(limit.rawValue))
      #expect(state?.readiness[first.id] == .ready)
      try await bench.put(Self.plan(3, [(first, 1000)]), on: runtime)
      #expect(try await bench.infer().status == 200)
      await runtime.stop()
    }
  }
}
