import Analysis
import Control
import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What clients are answered while traffic moves, and what is counted of it.
@Suite(.timeLimit(.minutes(5))) struct TrafficTests {
  /// A whole canary there and back under load: two thousand requests and not one that fails.
  @Test(.temporaryFolder) func flipsLoseNoRequest() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
      )
      try await bench.put(Workbench.plan(1, [(stable, 1000), (candidate, 0)]))
      try await eventually { try await bench.readiness(candidate) == .ready }
      async let load = bench.inferMany(2_000, clients: 4)
      for (index, weight) in [1, 50, 250, 500, 1000, 0, 500, 1000].enumerated() {
        try await bench.put(
          Workbench.plan(2 + index, [(stable, 1000 - weight), (candidate, weight)]))
        try await Task.sleep(for: .milliseconds(60))
      }
      let answers = try await load
      #expect(answers.keys.sorted() == ["200 rev1", "200 rev2"], "\(answers)")
      #expect(answers.values.reduce(0, +) == 2_000)
      #expect(try await bench.inferMany(20) == ["200 rev2": 20])
    }
  }

  /// The share that was asked is the share that is in force, to four standard errors; and what is
  /// counted is what the clients saw, request for request.
  @Test(.temporaryFolder) func theSplitIsTrueAndCountedExactly() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
      )
      try await bench.put(Workbench.plan(1, [(stable, 800), (candidate, 200)]))
      let good = try await bench.inferMany(3_000, clients: 4)
      let share = Double(good["200 rev2"] ?? 0) / 3_000
      #expect(abs(share - 0.2) < 4 * (0.2 * 0.8 / 3_000).squareRoot(), "\(share)")
      let bad = try await bench.inferMany(300, clients: 4, Workbench.bad)
      #expect(bad.keys.sorted() == ["500 rev1", "500 rev2"] && bad.values.reduce(0, +) == 300)
      for (revision, name) in [(stable, "rev1"), (candidate, "rev2")] {
        let failed = bad["500 \(name)"] ?? 0
        let all = (good["200 \(name)"] ?? 0) + failed
        try await bench.expectCounts(of: revision, requests: all, errors: failed, timed: all)
      }
    }
  }

  /// A baseline is a server of its own, by its name, with a share and counters of its own, though it
  /// serves what stable serves.
  @Test(.temporaryFolder) func aBaselineHasItsOwnShareAndCounts() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
      )
      let baseline = Revision(
        id: Revision.ID("\(stable.id)-baseline-\(candidate.id)"), model: stable.model)
      let shares = [(stable, 600), (baseline, 200), (candidate, 200)]
      try await bench.put(Workbench.plan(1, shares))
      #expect(try bench.pid(of: baseline) != bench.pid(of: stable))
      let answers = try await bench.inferMany(3_000, clients: 4)
      for (revision, weight) in shares {
        let count = answers["200 \(revision.id)"] ?? 0
        let share = Double(weight) / 1000
        let tolerated = 4 * (share * (1 - share) / 3_000).squareRoot()
        #expect(abs(Double(count) / 3_000 - share) < tolerated, "\(answers)")
        try await bench.expectCounts(of: revision, requests: count, errors: 0, timed: count)
      }
      try await bench.put(Workbench.plan(2, [(candidate, 1000)], loaded: [stable]))
      try await eventually { try await bench.readiness(baseline) == .absent }
      #expect(try await bench.readiness(stable) == .ready)
    }
  }

  /// Timeouts, answers that break off and servers that say nothing are errors, each once; a timeout
  /// is slower than every edge.
  @Test(.temporaryFolder) func brokenAnswersAreCountedOnce() async throws {
    try await Workbench.run({ $0.local.requestTimeout = .milliseconds(400) }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let path = "/v2/models/iris/infer"
      #expect(try await bench.infer().status == 200)
      #expect(try await bench.infer(path: path + "?sleep=0.6").status == 504)
      #expect(try await bench.infer(path: path + "?drop").status == 503)
      await #expect(throws: HTTPError.self) { try await bench.infer(path: path + "?cut") }
      try await eventually {
        let counts = try await bench.counts(of: revision)
        return counts?.requests == 4 && counts?.errors == 3 && counts?.latency.counts.last == 1
      }
      // No client may choose its own time limit, or retries that would hide an error.
      var request = HTTPRequest("http://127.0.0.1:\(bench.setup.local.listen.port)\(path)?drop")
      request.method = "POST"
      request.body = Array(Workbench.good.utf8)
      request.headers = [
        (name: "x-envoy-retry-on", value: "5xx,reset"), (name: "x-envoy-max-retries", value: "3"),
        (name: "x-envoy-upstream-rq-timeout-ms", value: "1"),
      ]
      #expect(try await bench.client.send(request).status == 503)
      try await eventually { try await bench.counts(of: revision)?.requests == 5 }
    }
  }
}

extension Workbench {
  /// Returns what a revision answered, clients and copies.
  func counts(of revision: Revision) async throws -> Counts? {
    try await runtime.counters().total(of: revision.id, in: Self.iris)
  }

  /// What one Envoy alone counts.
  func series(
    of revision: Revision, by role: EnvoyRole = .clients
  ) async throws -> CounterSeries? {
    try await runtime.counters().series[Self.iris]?[
      CounterSeries.ID(revision.id, of: role.description)]
  }

  /// Expects the counters to come to exactly these numbers; Envoy's histograms lag by a second.
  func expectCounts(
    of revision: Revision, requests: Int, errors: Int, timed: Int
  ) async throws {
    try await eventually(within: .seconds(20)) {
      try await self.counts(of: revision)?.latency.total == timed
    }
    let counts = try await self.counts(of: revision)
    #expect(counts?.requests == requests)
    #expect(counts?.errors == errors)
    #expect(counts?.latency.edges == LatencyEdges.milliseconds)
  }
}
