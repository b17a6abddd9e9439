import Control
import Manifests
import Rollouts

@testable import Prometheus

/// Samples as a test writes them: seconds and values.
func series(
  _ name: String, _ labels: [String: String], pod: String = "a",
  _ samples: [(Int, Double)]
) -> SampledSeries {
  let base = ["__name__": name, "job": "pods", "instance": pod, "app": "iris"]
  return SampledSeries(
    labels: base.merging(labels) { $1 },
    samples: samples.map { SampledSeries.Sample(at: .second($0.0), value: $0.1) })
}

func series(_ name: String, pod: String = "a", _ samples: [(Int, Double)]) -> SampledSeries {
  series(name, [:], pod: pod, samples)
}

/// `up` at some seconds.
func up(_ seconds: [Int], pod: String = "a", labels: [String: String] = [:]) -> SampledSeries {
  series("up", labels, pod: pod, seconds.map { ($0, 1) })
}

extension Instant {
  static func second(_ seconds: Int) -> Instant { Instant(milliseconds: Int64(seconds) * 1000) }
}

extension MetricScheme {
  /// A counter, its errors, and a histogram with two edges.
  static let plain = MetricScheme(
    requests: [
      RequestCounter(
        ["requests_total", "requests"], errors: .label("code", prefixes: ["5"]))
    ],
    latency: LatencyMetric(["duration_seconds"], unit: .seconds, edges: [100, 1000]))

  /// A counter of answers in each pod.
  static let pods = MetricScheme(
    requests: [RequestCounter(["good_total"], errors: .none)], latency: nil, by: .scrapedPod)

  /// A counter of good answers and one of bad ones, without latencies.
  static let split = MetricScheme(
    requests: [
      RequestCounter(["good_total"], errors: .none), RequestCounter(["bad_total"], errors: .all),
    ], latency: nil)
}

let deployment = DeploymentName(name: "iris")
let revision = Revision.ID("r1")

func subject(
  since: Int? = nil, app: String = "iris", revision: Revision.ID = revision
) -> CountSubject {
  CountSubject(
    deployment: deployment, revision: revision, labels: ["app": app],
    since: since.map(Instant.second))
}

extension Meter {
  init(_ scheme: MetricScheme, replicaLabels: [String] = ["replica"]) {
    self.init(
      PrometheusSettings(
        url: "http://127.0.0.1", metrics: scheme, scrapeInterval: .seconds(10),
        replicaLabels: replicaLabels), life: "life")
  }
}

extension MetricScheme {
  /// A counter that was renamed.
  var renamed: MetricScheme {
    MetricScheme(
      requests: [RequestCounter(["new_total", "old_total"], errors: .none)], latency: nil)
  }
}

extension Meter {
  /// Counts what is new in one answer.
  mutating func take(
    _ series: [SampledSeries], health: [SampledSeries], of subjects: [CountSubject]
  ) throws(PrometheusError) -> Counters {
    var sorted = sorting
    sorted.add(series, of: Set(subjects.map(SubjectKey.init)))
    sorted.requireBoth()
    return try take(sorted, health: health, of: subjects)
  }
}
