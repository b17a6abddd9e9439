package import Simulation

/// Flagger 1.44: so many failed checks since the beginning roll back.
///
/// A check fails when any metric of the last interval is outside its range, or has no data
/// (`runMetricChecks`); it adds one to `failedChecks`, which a success never takes back
/// (`scheduler.go`). There is no comparison with stable and no sample size. Simplified: here a failed
/// check does not also delay the next step, and latency is judged by the share of slow requests
/// instead of a quantile interpolated from buckets.
package struct Flagger: Rule {
  private let threshold: Int
  private let allowed: Double
  private var window: Window
  private var failedChecks = 0

  /// - Parameters:
  ///   - threshold: `spec.analysis.threshold`; 1 in the code, 5 or 10 in most of its documents.
  ///   - allowed: The largest share of bad requests, by every metric.
  ///   - looksPerCheck: `spec.analysis.interval` in looks.
  package init(threshold: Int, allowed: Double, looksPerCheck: Int) {
    self.threshold = threshold
    self.allowed = allowed
    window = Window(looks: looksPerCheck)
  }

  package mutating func rollsBack(after look: [MetricLook]) -> Bool {
    guard let metrics = window.add(look) else { return false }
    if metrics.contains(where: { $0.candidate.exceeds(allowed) }) { failedChecks += 1 }
    return failedChecks >= threshold
  }
}

extension Tally {
  /// Whether the share of bad requests is larger than `allowed`, or unknown.
  func exceeds(_ allowed: Double) -> Bool { share.map { $0 > allowed } ?? true }
}
