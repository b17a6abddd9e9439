/// The Mann-Whitney test with a confidence interval for the shift between two samples, as in R's
/// `wilcox.test` with the normal approximation, which Kayenta re-implements.
///
/// The interval holds the shifts that the test would not reject: the standardised statistic falls as
/// the shift grows, and the bounds are where it crosses the quantile.
struct MannWhitney {
  private let experiment: [Double]
  private let control: [Double]

  init(_ experiment: [Double], _ control: [Double]) {
    self.experiment = experiment
    self.control = control
  }

  /// Returns the lower bound and the Hodges-Lehmann estimate; nil when all observations are tied at an
  /// end of the range, which Kayenta reports as an error.
  func shift(quantile: Double) -> (lower: Double, estimate: Double)? {
    guard let lower = root(quantile), let estimate = root(0) else { return nil }
    return (lower, estimate)
  }

  /// Returns the shift at which the statistic equals `quantile`, or the end of the range that it does
  /// not reach.
  private func root(_ quantile: Double) -> Double? {
    guard let smallest = experiment.min(), let largest = experiment.max(),
      let least = control.min(), let most = control.max()
    else { return nil }
    var (low, high) = (smallest - most, largest - least)
    guard let first = statistic(low), let last = statistic(high) else { return nil }
    if first <= quantile { return low }
    if last >= quantile { return high }
    for _ in 0..<Self.bisections {
      let middle = (low + high) / 2
      guard let value = statistic(middle) else { return nil }
      if value > quantile { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// One part in 10^12 of the range.
  private static let bisections = 40

  /// The standardised statistic with continuity correction, after taking `shift` off the experiment;
  /// nil when everything is tied.
  private func statistic(_ shift: Double) -> Double? {
    let (n, m) = (Double(experiment.count), Double(control.count))
    let ranks = Ranks(experiment.map { $0 - shift }, control)
    let difference = ranks.ofFirst - n * (n + 1) / 2 - n * m / 2
    let variance = n * m / 12 * (n + m + 1 - ranks.ties / ((n + m) * (n + m - 1)))
    guard variance > 0 else { return nil }
    let correction = difference == 0 ? 0 : difference < 0 ? -0.5 : 0.5
    return (difference - correction) / variance.squareRoot()
  }
}

/// The ranks of the first of two samples in both together; ties share their average rank.
private struct Ranks {
  private(set) var ofFirst = 0.0
  /// The sum of t³ − t over all groups of t tied values.
  private(set) var ties = 0.0

  init(_ first: [Double], _ second: [Double]) {
    let pooled = (first.map { (value: $0, weight: 1.0) } + second.map { ($0, 0) })
      .sorted { $0.value < $1.value }
    var start = 0
    while start < pooled.count {
      var (end, fromFirst) = (start, 0.0)
      while end < pooled.count, pooled[end].value == pooled[start].value {
        fromFirst += pooled[end].weight
        end += 1
      }
      let size = Double(end - start)
      ofFirst += fromFirst * (Double(start) + (size + 1) / 2)
      ties += size * size * size - size
      start = end
    }
  }
}
