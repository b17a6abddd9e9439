package import Simulation

/// Argo Rollouts 1.10: a metric with more failed measurements than its limit fails the analysis.
///
/// From `assessMetricFailureInconclusiveOrError`; successes in between do not count against failures.
/// Simplified: only a success condition on a share, so a measurement is never inconclusive or an error,
/// and NaN, the share of no requests, does not meet the condition.
package struct ArgoRollouts: Rule {
  /// How the objectives are written down.
  package enum Template: Sendable {
    /// A metric for each objective, with a limit of its own.
    case metricPerObjective
    /// One metric whose condition joins all objectives, so that their failures add up.
    case oneMetric
  }

  private let failureLimit: Int
  private let allowed: Double
  private let template: Template
  private var window: Window
  private var failed: [Int] = []

  /// - Parameters:
  ///   - failureLimit: Failed measurements that are still accepted; 0 by default.
  ///   - allowed: The largest share of bad requests, by every metric.
  ///   - looksPerMeasurement: The metric's `interval` in looks.
  ///   - template: One metric for all objectives, or one each.
  package init(
    failureLimit: Int, allowed: Double, looksPerMeasurement: Int,
    template: Template = .metricPerObjective
  ) {
    self.failureLimit = failureLimit
    self.allowed = allowed
    self.template = template
    window = Window(looks: looksPerMeasurement)
  }

  package mutating func rollsBack(after look: [MetricLook]) -> Bool {
    guard let metrics = window.add(look) else { return false }
    var failures = metrics.map { $0.candidate.exceeds(allowed) }
    if template == .oneMetric { failures = [failures.contains(true)] }
    if failed.isEmpty { failed = failures.map { _ in 0 } }
    for (index, isFailure) in failures.enumerated() where isFailure { failed[index] += 1 }
    return failed.contains { $0 > failureLimit }
  }
}
