/// Numbers bins that each cover the same ratio of values: bin k holds γ^(k−1) < v ≤ γ^k.
///
/// With γ = (1 + α)/(1 − α) every value is within α of what stands for its bin (Masson, Rim and
/// Lee, "DDSketch", VLDB 2019). The logarithm is our own, so a value has the same bin on every
/// machine.
package struct LogarithmicScale: Equatable, Sendable {
  /// α in thousandths: a whole number, so that two sketches agree on it or do not.
  package let accuracyPerMille: Int
  package let gamma: Double
  private let logGamma: Double

  /// From 0.1 %, where 2048 bins still cover a factor of 60, to one half, where γ is 3.
  package static let accuracies = 1...500

  /// The values that have a bin: below the least normal number the reciprocal of a power overflows.
  package static let values = Double.leastNormalMagnitude...Double.greatestFiniteMagnitude

  package init(accuracyPerMille: Int) {
    precondition(Self.accuracies.contains(accuracyPerMille), "\(accuracyPerMille) per mille")
    self.accuracyPerMille = accuracyPerMille
    gamma = Double(1000 + accuracyPerMille) / Double(1000 - accuracyPerMille)
    logGamma = log(gamma)
  }

  /// Returns the number of the bin that holds `value`: ⌈log_γ value⌉.
  ///
  /// Where the quotient of logarithms is too close to a whole number to trust its rounding, the
  /// power itself decides: with γ = 3 the value 9 is in bin 2, though log 9/log 3 comes out above 2.
  /// The quotient and the power together err by less than 10⁻⁷ over the whole range of Double.
  package func index(of value: Double) -> Int {
    precondition(Self.values.contains(value), "\(value) has no bin")
    let position = log(value) / logGamma
    let nearest = position.rounded()
    guard abs(position - nearest) < 1e-6 else { return Int(position.rounded(.up)) }
    return value > power(Int(nearest)) ? Int(nearest) + 1 : Int(nearest)
  }

  /// Returns the value that stands for a bin: within α of all that the bin holds.
  ///
  /// It is 2γ^k/(1 + γ) = (1 + α) γ^(k−1), which does not overflow before its last step.
  package func representative(of index: Int) -> Double {
    let value = (1 + Double(accuracyPerMille) / 1000) * power(index - 1)
    return min(value, .greatestFiniteMagnitude)
  }

  /// The bins that values can be in.
  package var indices: ClosedRange<Int> {
    index(of: Self.values.lowerBound)...index(of: Self.values.upperBound)
  }

  /// Returns γ^k by squaring, which is exact as long as γ^|k| is a whole number below 2^53.
  private func power(_ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, gamma, exponent.magnitude)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return exponent < 0 ? 1 / result : result
  }
}
