package import Analysis

/// A distance above a fixed threshold: how dashboards, Evidently and most hand-made monitors decide.
///
/// Evidently 0.7 on more than 1000 rows of reference: Wasserstein in standard deviations for numbers,
/// Jensen-Shannon for categories, both at 0.1; the data have drifted when half of the columns have.
/// Its bins are made of both samples together; here all rules have the bins of the profile.
package struct DistanceRule: DriftRule {
  package enum Measure: Sendable {
    /// The population stability index.
    case populationStability
    /// The Jensen-Shannon distance in natural units, as SciPy computes it.
    case jensenShannon
    /// Wasserstein in standard deviations of the reference, with each bin's mean value.
    case wasserstein(means: [Double])
  }

  private let measure: Measure
  private let threshold: Double
  private let share: Double
  private var window: DriftWindow

  /// - Parameters:
  ///   - measure: Of the distance.
  ///   - threshold: From which on a feature has moved.
  ///   - share: Of the features that must have; 0 when one is enough.
  ///   - window: What is compared.
  package init(
    _ measure: Measure, threshold: Double, share: Double = 0, window: DriftWindow
  ) {
    self.measure = measure
    self.threshold = threshold
    self.share = share
    self.window = window
  }

  package mutating func alarms(after look: [BinArms]) -> Bool {
    guard let pairs = window.add(look) else { return false }
    let moved = pairs.count { distance($0).map { $0 >= threshold } ?? false }
    return moved > 0 && Double(moved) >= share * Double(pairs.count)
  }

  /// Returns nil when a sample is empty.
  private func distance(_ pair: DriftWindow.Pair) -> Double? {
    switch measure {
    case .wasserstein(let means):
      return wasserstein(current: pair.current, reference: pair.reference, at: means)?.inDeviations
    case .populationStability:
      return EffectSizes(current: pair.current, reference: pair.reference)?.populationStability
    case .jensenShannon:
      let sizes = EffectSizes(current: pair.current, reference: pair.reference)
      return sizes.map { $0.jensenShannon * log(2).squareRoot() }
    }
  }
}
