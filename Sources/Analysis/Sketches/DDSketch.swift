/// The shape of a distribution in a few kilobytes, every quantile within a known relative error.
///
/// Think of a ruler whose marks grow wider with the distance from zero, always by the same
/// percentage, and of a tally at every mark. Tallies are whole numbers: the sum of two sketches is
/// the sketch of all their values together, bit for bit and in any order. (There is no sum or mean
/// of the values: sums of floating-point numbers depend on their order.)
///
/// A quantile is for people, reports and charts. Decisions never use one, because it is estimated:
/// they count observations that are certain to lie beyond a threshold (`Histogram`).
package struct DDSketch: Equatable, Sendable {
  package let scale: LogarithmicScale
  /// Positive values by bin.
  package private(set) var positive = Bins()
  /// Negative values by the bin of their magnitude.
  package private(set) var negative = Bins()
  /// Zeros, and values too close to zero for a bin.
  package private(set) var zero = 0
  /// NaN and infinities, which are counted here and nowhere else.
  package private(set) var refused = 0
  /// The smallest and the largest value, exactly; nil while there is none.
  package private(set) var range: ClosedRange<Double>?

  /// The bins of either sign: at 1 % they cover a factor of 6·10¹⁷.
  ///
  /// Beyond it the bins nearest to zero are collapsed: their values count as greater in magnitude
  /// than they are, and the largest ones keep their accuracy.
  package static let span = 2048

  /// Creates an empty sketch.
  ///
  /// - Parameter accuracyPerMille: The largest relative error of a quantile, in thousandths. A
  ///   hundredth takes some 550 bins from a millisecond to a minute.
  package init(accuracyPerMille: Int = 10) {
    scale = LogarithmicScale(accuracyPerMille: accuracyPerMille)
  }

  init(
    scale: LogarithmicScale, positive: Bins, negative: Bins, zero: Int, refused: Int,
    range: ClosedRange<Double>?
  ) {
    self.scale = scale
    self.positive = positive
    self.negative = negative
    self.zero = zero
    self.refused = refused
    self.range = range
  }

  /// The number of values, without those that were refused.
  package var count: Int { negative.total + zero + positive.total }

  /// Takes one value into account; false when it was refused.
  @discardableResult
  package mutating func add(_ value: Double) -> Bool {
    guard value.isFinite else {
      refused += 1
      return false
    }
    let value = value + 0  // -0.0 becomes 0.0, which has one spelling only
    widenRange(to: value...value)
    if !LogarithmicScale.values.contains(abs(value)) {
      zero += 1
    } else if value > 0 {
      positive.add(1, at: scale.index(of: value))
    } else {
      negative.add(1, at: scale.index(of: -value))
    }
    collapse()
    return true
  }

  /// Adds all that `other` has counted.
  package mutating func merge(_ other: DDSketch) throws(DDSketchError) {
    guard scale == other.scale else {
      throw .differentAccuracy(
        perMille: scale.accuracyPerMille, other: other.scale.accuracyPerMille)
    }
    guard count + refused + other.count + other.refused <= Bins.largestTotal else { throw .tooMany }
    positive = positive + other.positive
    negative = negative + other.negative
    zero += other.zero
    refused += other.refused
    if let values = other.range { widenRange(to: values) }
    collapse()
  }

  /// Returns the value below which a share `q` of the values lies, within the relative error; nil
  /// when there are no values.
  ///
  /// It is the one at rank ⌊q (n − 1)⌋ of the sorted values, not an interpolation between two of
  /// them.
  package func quantile(_ q: Double) -> Double? {
    precondition((0...1).contains(q), "there is no quantile \(q)")
    guard count > 0 else { return nil }
    let rank = Int(q * Double(count - 1))
    let below = negative.total
    if rank < below {
      return negative.index(atRank: below - 1 - rank).map { -scale.representative(of: $0) }
    }
    if rank < below + zero { return 0 }
    return positive.index(atRank: rank - below - zero).map { scale.representative(of: $0) }
  }

  private mutating func widenRange(to values: ClosedRange<Double>) {
    let range = range ?? values
    self.range =
      min(range.lowerBound, values.lowerBound)...max(range.upperBound, values.upperBound)
  }

  private mutating func collapse() {
    positive.collapseLowest(keeping: Self.span)
    negative.collapseLowest(keeping: Self.span)
  }
}

/// Why two sketches have no sum.
package enum DDSketchError: Error, Equatable, CustomStringConvertible {
  case differentAccuracy(perMille: Int, other: Int)
  case tooMany

  package var description: String {
    switch self {
    case .differentAccuracy(let ours, let theirs):
      "a sketch with a relative error of \(ours) per mille cannot be merged with one of \(theirs)"
    case .tooMany: "merged, the sketches would hold more than 2^53 values"
    }
  }
}
