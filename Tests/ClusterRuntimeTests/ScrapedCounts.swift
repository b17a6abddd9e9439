import Analysis
import ClusterRuntime
import Control
import Logging
import Manifests
import Prometheus
import Rollouts
import TestKit
import Threads

/// What is counted while one life of the controller follows another.
protocol CountsOverLives: Telemetry {
  /// Looks, if that is due: a controller looks every second, and what is older than an answer's window is not told.
  func keepUp() async throws
  /// Waits until everything is counted that was answered so far, as steps do: they last longer than a scrape.
  func settle() async throws
  /// Begins the next life, which looks at the counters once before anything else happens.
  func goOn(with runtime: ClusterRuntime) async throws
}

/// What a real Prometheus has scraped: each life counts from its own beginning, and the sum is what all of them had.
final class ScrapedCounts: CountsOverLives {
  private struct State {
    var life: ClusterTelemetry
    /// What the lives before have counted.
    var earlier: [DeploymentName: [Revision.ID: Counts]] = [:]
    /// What all have counted, as it was looked at last.
    var sum: [DeploymentName: [Revision.ID: Counts]] = [:]
    var lookedAt = ContinuousClock.now
  }

  private let prometheus: PrometheusServer
  private let state: Lock<State>

  init(_ runtime: ClusterRuntime, _ prometheus: PrometheusServer) async throws {
    self.prometheus = prometheus
    state = Lock(State(life: Self.life(runtime, prometheus)))
    _ = try await counters()
  }

  /// One life's counts, with a short window: what is asked for again and again is small.
  static func life(
    _ runtime: ClusterRuntime, _ prometheus: PrometheusServer,
    of preset: MetricPreset = .envoyGateway
  ) -> ClusterTelemetry {
    let settings = PrometheusSettings(
      url: prometheus.url, metrics: preset.scheme,
      scrapeInterval: .milliseconds(200), window: .seconds(10))
    return ClusterTelemetry(
      runtime,
      PrometheusTelemetry(settings, clock: SystemClock(), logger: ClusterBench.logger))
  }

  func counters() async throws -> Counters {
    let (life, earlier) = state.withLock { ($0.life, $0.earlier) }
    let counted: Counters
    do {
      counted = try await life.counters()
    } catch let error as PrometheusError where error.kind == .noSamples {
      // Before the first request Envoy shows nothing of a place.
      counted = Counters(asOf: Instant(milliseconds: 0), series: [:])
    }
    let sum = counted.revisions.merging(earlier) { own, earlier in
      own.merging(earlier) { $0.adding($1) }
    }
    state.withLock { ($0.sum, $0.lookedAt) = (sum, .now) }
    return Counters(asOf: counted.asOf, source: "lives", epoch: "all", revisions: sum)
  }

  func keepUp() async throws {
    guard state.withLock({ .now - $0.lookedAt > .seconds(1) }) else { return }
    _ = try await counters()
  }

  func settle() async throws {
    let answered = SystemClock().now
    var steady: Counters?
    try await eventually {
      let now = try await counters()
      guard let before = steady, before.series == now.series, before.asOf > answered else {
        steady = now
        return false
      }
      // Copies are answered, and latencies shown, a moment after the clients' answers.
      return now.asOf.since(before.asOf) >= .milliseconds(400)
    }
  }

  func goOn(with runtime: ClusterRuntime) async throws {
    let life = Self.life(runtime, prometheus)
    state.withLock { $0 = State(life: life, earlier: $0.sum, sum: $0.sum) }
    _ = try await counters()
  }
}

extension Counters {
  fileprivate var revisions: [DeploymentName: [Revision.ID: Counts]] {
    series.mapValues { series in
      series.reduce(into: [:]) { all, item in
        let counts = item.value.counts
        all[item.key.revision] = all[item.key.revision]?.adding(counts) ?? counts
      }
    }
  }
}
