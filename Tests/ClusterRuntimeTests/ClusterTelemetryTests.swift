import ClusterNode
import ClusterRuntime
import Control
import Foundation
import TestKit
import Testing

/// What is counted beside the looks.
@Suite(.timeLimit(.minutes(3))) struct ClusterTelemetryTests {
  /// A look gets the last answer: one that waited for a Prometheus that hangs would get an error, twenty seconds later.
  @Test(.temporaryFolder) func aLookWaitsForNoPrometheus() async throws {
    try await ClusterBench.run { bench in
      let prometheus = try PrometheusServer(
        scraping: bench.node.admin, at: "/stats/prometheus", every: "200ms",
        in: TemporaryFolder.current)
      let process = try await prometheus.start()
      defer { process.stop(SIGKILL) }
      try await bench.withRuntime { runtime in
        let revision = try ClusterBench.revision("1")
        try await bench.put(ClusterBench.plan(1, [(revision, 1000)]), on: runtime)
        let telemetry = ScrapedCounts.life(runtime, prometheus)
        try await eventually {
          _ = try await bench.infer()
          return (try? await telemetry.counters())?.series.isEmpty == false
        }
        kill(process.pid, SIGSTOP)
        for _ in 0..<10 {
          #expect(try await telemetry.counters().series.isEmpty == false)
          try await Task.sleep(for: .milliseconds(200))
        }
      }
    }
  }
}
