/// How different two samples are, bin by bin, in the measures that people know.
///
/// Shown, never decided on: none of them has a threshold that means the same at every number of
/// observations. What noise alone reaches is shown beside them.
package struct EffectSizes: Equatable, Sendable {
  /// The population stability index, 0 or more, after half an observation was added to every bin.
  package let populationStability: Double
  /// The Jensen-Shannon distance to the base 2, 0 to 1: the root of the divergence.
  package let jensenShannon: Double
  /// The Hellinger distance, 0 to 1.
  package let hellinger: Double
  /// The share that would have to change its bin, 0 to 1: the total variation distance.
  package let totalVariation: Double
  /// The largest difference of the shares of one bin, 0 to 1.
  package let largestDifference: Double
  /// The largest difference of the shares up to some bin, 0 to 1; for bins that have an order.
  package let kolmogorovSmirnov: Double
  /// By how many bins the observations moved on average, whatever the direction (Wasserstein 1); for
  /// bins that have an order.
  package let wassersteinInBins: Double
  /// By how many bins the mean moved: negative when the current sample is lower.
  package let shiftInBins: Double
  /// What the index of two samples like these reaches in one of a hundred cases by chance, and at
  /// least 0.1.
  package let criticalPopulationStability: Double
  /// What the distance reaches in one of a hundred cases by chance.
  package let criticalJensenShannon: Double
  /// What the largest difference of the shares up to some bin reaches in one of a hundred cases by
  /// chance.
  package let criticalKolmogorovSmirnov: Double

  /// - Returns: nil when a sample is empty, or when they do not have the same bins, at least two.
  package init?(current: BinCounts, reference: BinCounts) {
    guard let pair = SharePair(current, reference), pair.shares.count > 1 else { return nil }
    populationStability = Self.populationStability(current, reference)
    jensenShannon = Self.jensenShannon(pair)
    hellinger = (pair.sum { Self.square($0.squareRoot() - $1.squareRoot()) } / 2).squareRoot()
    totalVariation = pair.sum { abs($0 - $1) } / 2
    largestDifference = pair.shares.reduce(0) { max($0, abs($1.current - $1.reference)) }
    let gaps = pair.gaps
    kolmogorovSmirnov = gaps.reduce(0) { max($0, abs($1)) }
    wassersteinInBins = gaps.reduce(0) { $0 + abs($1) }
    shiftInBins = -gaps.reduce(0, +)
    let noise = 1 / Double(current.total) + 1 / Double(reference.total)
    criticalPopulationStability = max(0.1, Self.chance(noise, bins: pair.shares.count))
    criticalJensenShannon = (criticalPopulationStability / Self.indexPerDivergence).squareRoot()
    criticalKolmogorovSmirnov = Self.criticalKolmogorovSmirnov(noise)
  }

  /// Returns what the largest difference of two distribution functions exceeds in one of a hundred
  /// cases by chance (Smirnov's asymptotic law; `noise` is 1/n + 1/m).
  static func criticalKolmogorovSmirnov(_ noise: Double) -> Double {
    (-log(tail / 2) / 2 * noise).squareRoot()
  }

  private static let tail = 0.01

  /// For small differences the index is so many times the divergence to the base 2: Σ (p − q)²/q
  /// beside an eighth of it in natural units.
  private static let indexPerDivergence = 8 * log(2)

  /// The index of two equal samples is distributed as (1/n + 1/m) χ² (Yurdakul and Naranjo 2020).
  private static func chance(_ noise: Double, bins: Int) -> Double {
    noise * chiSquareQuantile(tail: tail, degrees: bins - 1)
  }

  private static func populationStability(_ current: BinCounts, _ reference: BinCounts) -> Double {
    let extra = Double(current.counts.count) / 2
    let (n, m) = (Double(current.total) + extra, Double(reference.total) + extra)
    return zip(current.counts, reference.counts).reduce(0) { sum, counts in
      let (p, q) = ((Double(counts.0) + 0.5) / n, (Double(counts.1) + 0.5) / m)
      return sum + (p - q) * log(p / q)
    }
  }

  /// In each bin (1 + d) log(1 + d) + (1 − d) log(1 − d) with d = (p − q)/(p + q), which keeps its
  /// digits where the samples are nearly equal.
  private static func jensenShannon(_ pair: SharePair) -> Double {
    let divergence = pair.sum { p, q in
      guard p + q > 0 else { return 0 }
      let d = (p - q) / (p + q)
      return (p + q) / 4 * (entropy(d) + entropy(-d))
    }
    return (max(0, divergence) / log(2)).squareRoot()
  }

  private static func entropy(_ d: Double) -> Double { d <= -1 ? 0 : (1 + d) * log1p(d) }
  private static func square(_ x: Double) -> Double { x * x }
}

/// Returns by how much the observations moved, when those of a bin are all at its position: as a
/// distance (Wasserstein 1) and in standard deviations of the reference.
///
/// A deviation below 0.001 counts as that much, as it does in Evidently.
///
/// - Returns: nil when a sample is empty, or when not both have a bin for each position; positions
///   ascend.
package func wasserstein(
  current: BinCounts, reference: BinCounts, at positions: [Double]
) -> (distance: Double, inDeviations: Double)? {
  guard let pair = SharePair(current, reference), pair.shares.count == positions.count else {
    return nil
  }
  let distance = zip(pair.gaps, zip(positions, positions.dropFirst())).reduce(0) { sum, step in
    sum + abs(step.0) * (step.1.1 - step.1.0)
  }
  let located = zip(pair.shares, positions)
  let mean = located.reduce(0) { $0 + $1.0.reference * $1.1 }
  let variance = located.reduce(0) { $0 + $1.0.reference * ($1.1 - mean) * ($1.1 - mean) }
  return (distance, distance / max(variance.squareRoot(), smallestDeviation))
}

/// In which the distance between samples is expressed at least.
let smallestDeviation = 0.001

/// The shares of two samples in the same bins.
private struct SharePair {
  let shares: [(current: Double, reference: Double)]

  init?(_ current: BinCounts, _ reference: BinCounts) {
    guard current.total > 0, reference.total > 0, current.counts.count == reference.counts.count
    else { return nil }
    let (n, m) = (Double(current.total), Double(reference.total))
    shares = zip(current.counts, reference.counts).map { (Double($0) / n, Double($1) / m) }
  }

  func sum(_ term: (_ current: Double, _ reference: Double) -> Double) -> Double {
    shares.reduce(0) { $0 + term($1.current, $1.reference) }
  }

  /// How much larger the current share up to each bin is; without the last bin, up to which is all.
  var gaps: [Double] {
    var gap = 0.0
    return shares.dropLast().map { share in
      gap += share.current - share.reference
      return gap
    }
  }
}
