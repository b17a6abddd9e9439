/// Observations counted by the buckets of an exponential scale, as OpenTelemetry's exponential and
/// Prometheus's native histograms count them.
///
/// ```
///   negative                     zero                     positive
///   … ├────────┼────┼──┤ −threshold … threshold ├──┼────┼────────┤ …
/// ```
///
/// Decisions read whole buckets only, as with `Histogram`.
package struct ExponentialHistogram: Equatable, Sendable {
  package private(set) var scale: ExponentialScale
  /// Observations whose magnitude is `zeroThreshold` or less.
  package private(set) var zeroCount: Int
  package private(set) var zeroThreshold: Double
  package private(set) var positive: Bins
  /// Negative observations by the bucket of their magnitude.
  package private(set) var negative: Bins

  /// Creates a histogram from its buckets, numbered as OpenTelemetry does and in any order.
  package init(
    scale: Int, zeroCount: Int, zeroThreshold: Double, positive: [Bin], negative: [Bin]
  ) throws(HistogramError) {
    guard let buckets = ExponentialScale(scale) else { throw .scale(scale) }
    guard zeroThreshold >= 0, zeroThreshold.isFinite else { throw .zeroThreshold(zeroThreshold) }
    let possible = buckets.indices
    if let bin = (positive + negative).first(where: { !possible.contains($0.index) }) {
      throw .bucketBeyondScale(index: bin.index, scale: scale)
    }
    guard let positive = Bins(positive), let negative = Bins(negative) else { throw .counts }
    self.scale = buckets
    self.zeroCount = zeroCount
    self.zeroThreshold = zeroThreshold
    self.positive = positive
    self.negative = negative
    guard zeroCount >= 0, zeroCount <= Bins.largestTotal, total <= Bins.largestTotal else {
      throw .counts
    }
  }

  package var total: Int { negative.total + zeroCount + positive.total }

  /// Returns how many observations are certain to be at or above `threshold`.
  ///
  /// When the threshold is no edge, the bucket that holds it is left out: for a verdict against a
  /// model only what is certain counts.
  package func certainlyAtLeast(_ threshold: Double) -> Int {
    if threshold > 0 {
      let holding = scale.index(of: threshold)
      return positive.total { $0 > holding }
    }
    // A bucket of negative values holds its far edge, so it may reach down to exactly the
    // threshold.
    let beyond = scale.index(of: (-threshold).nextUp)
    return positive.total + (-threshold >= zeroThreshold ? zeroCount : 0)
      + negative.total { $0 < beyond }
  }

  /// Returns how many observations may be at or above `threshold`.
  package func possiblyAtLeast(_ threshold: Double) -> Int {
    let zeros = threshold <= zeroThreshold ? zeroCount : 0
    if threshold > 0 {
      let holding = scale.index(of: threshold)
      return zeros + positive.total { $0 >= holding }
    }
    guard threshold < 0 else { return zeros + positive.total }
    let holding = scale.index(of: -threshold)
    return zeros + positive.total + negative.total { $0 <= holding }
  }

  /// Returns the last edge at or below `threshold` and the first at or above it: the thresholds
  /// near by that would be judged without doubt.
  package func edges(around threshold: Double) -> ClosedRange<Double> {
    let magnitude = abs(threshold)
    guard magnitude > zeroThreshold else {
      return magnitude == zeroThreshold ? threshold...threshold : -zeroThreshold...zeroThreshold
    }
    let index = scale.index(of: magnitude)
    let upper = scale.upperEdge(of: index)
    let lower = magnitude == upper ? upper : max(scale.lowerEdge(of: index), zeroThreshold)
    return threshold > 0 ? lower...upper : -upper ... -lower
  }

  /// Returns the same observations in the wider buckets of a lower scale.
  ///
  /// Each step down squares the base, so two neighbours become one bucket and indices are halved.
  package func downscaled(to exponent: Int) -> ExponentialHistogram {
    guard let coarser = ExponentialScale(exponent), exponent <= scale.exponent else {
      preconditionFailure("scale \(scale.exponent) cannot become \(exponent)")
    }
    var result = self
    result.scale = coarser
    result.positive = positive.halved(times: scale.exponent - exponent)
    result.negative = negative.halved(times: scale.exponent - exponent)
    return result
  }

  /// Returns the observations of both, in the coarser of the two scales.
  ///
  /// The wider zero bucket swallows the buckets that it touches, and grows to their far edge, as
  /// Prometheus has it.
  package func merged(with other: ExponentialHistogram) throws(HistogramError) -> Self {
    guard total + other.total <= Bins.largestTotal else { throw .counts }
    let exponent = min(scale.exponent, other.scale.exponent)
    var (sum, part) = (downscaled(to: exponent), other.downscaled(to: exponent))
    sum.positive = sum.positive + part.positive
    sum.negative = sum.negative + part.negative
    sum.zeroCount += part.zeroCount
    if zeroThreshold != other.zeroThreshold {
      sum.widenZero(to: max(zeroThreshold, other.zeroThreshold))
    }
    return sum
  }

  private mutating func widenZero(to threshold: Double) {
    let touched = scale.index(of: threshold)
    let reaches = (positive.hit + negative.hit).contains { $0.index == touched }
    zeroThreshold = reaches ? max(threshold, scale.upperEdge(of: touched)) : threshold
    zeroCount += positive.removeThrough(touched) + negative.removeThrough(touched)
  }
}
