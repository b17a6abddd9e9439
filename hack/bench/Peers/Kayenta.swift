package import Simulation

/// Kayenta 2.46 with its judge, `NetflixACAJudge-v1.0`, asked again and again while data grows.
///
/// One value a minute and arm, the share of bad requests; a minute without requests counts as 0
/// (`nanStrategy: replace`). Every metric is critical and fails when it is High: the 98% confidence
/// interval of the shift lies above a quarter of the estimated shift itself, both hard-coded, and the
/// ratio of the means is at least `allowedIncrease`. Simplified: no removal of outliers (the default),
/// and the root is found by bisection instead of Brent's method.
package struct Kayenta: Rule {
  private let allowedIncrease: Double
  private let pointsPerJudgement: Int
  private var window: Window
  private var points: [Points] = []

  /// - Parameters:
  ///   - looksPerPoint: The step of the metric queries in looks.
  ///   - pointsPerJudgement: `canaryAnalysisIntervalMins` in points; the lookback is never cut.
  ///   - allowedIncrease: Of the ratio of the means; 1 by default.
  package init(looksPerPoint: Int, pointsPerJudgement: Int, allowedIncrease: Double = 1) {
    self.allowedIncrease = allowedIncrease
    self.pointsPerJudgement = pointsPerJudgement
    window = Window(looks: looksPerPoint)
  }

  package mutating func rollsBack(after look: [MetricLook]) -> Bool {
    guard let metrics = window.add(look) else { return false }
    if points.isEmpty { points = metrics.map { _ in Points() } }
    for (index, tallies) in metrics.enumerated() { points[index].add(tallies) }
    guard points.first.map({ $0.candidate.count % pointsPerJudgement == 0 }) ?? false else {
      return false
    }
    return points.contains { $0.isHigh(allowedIncrease: allowedIncrease) }
  }

  /// What one metric's queries returned so far.
  package struct Points: Sendable {
    package private(set) var candidate: [Double]
    package private(set) var stable: [Double]

    package init(candidate: [Double] = [], stable: [Double] = []) {
      self.candidate = candidate
      self.stable = stable
    }

    mutating func add(_ tallies: ArmTallies) {
      candidate.append(tallies.candidate.share ?? 0)
      stable.append(tallies.stable.share ?? 0)
    }

    /// Whether `MannWhitneyClassifier` classifies the candidate as High.
    ///
    /// Where both arms are constant Kayenta adds noise of 1e-5 of the value, so that the order of the
    /// two decides.
    package func isHigh(allowedIncrease: Double = 1) -> Bool {
      if candidate.sorted() == stable.sorted() { return false }
      if Set(candidate).count == 1, Set(stable).count == 1 { return candidate[0] > stable[0] }
      guard let shift = MannWhitney(candidate, stable).shift(quantile: Self.quantile) else {
        return false
      }
      guard shift.lower > Self.tolerance * abs(shift.estimate) else { return false }
      let means = (candidate.reduce(0, +), stable.reduce(0, +))
      return means.0 == 0 || means.1 == 0 || means.0 / means.1 >= allowedIncrease
    }

    private static let tolerance = 0.25
    /// The 99% point of the normal distribution: each side of a 98% interval.
    private static let quantile = 2.3263478740408408
  }
}
