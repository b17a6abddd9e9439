package import Analysis

/// alibi-detect 0.13's tabular drift: Pearson's chi-square test of each feature at 5% over their
/// number (Bonferroni), its default correction.
///
/// Asked again at every check, which no such test is made for.
package struct ChiSquareRule: DriftRule {
  private static let level = 0.05
  private var window: DriftWindow

  package init(window: DriftWindow) { self.window = window }

  package mutating func alarms(after look: [BinArms]) -> Bool {
    guard let pairs = window.add(look) else { return false }
    return pairs.contains { pair in
      let probability = Self.probability(current: pair.current, reference: pair.reference)
      return probability < Self.level / Double(pairs.count)
    }
  }

  /// Returns the probability of samples at least as different when they are of one distribution.
  ///
  /// Bins that both samples leave empty do not count.
  package static func probability(current: BinCounts, reference: BinCounts) -> Double {
    let (n, m) = (Double(current.total), Double(reference.total))
    guard n > 0, m > 0 else { return 1 }
    let hit = zip(current.counts, reference.counts).filter { $0 + $1 > 0 }
    guard hit.count > 1 else { return 1 }
    let statistic = hit.reduce(0) { sum, counts in
      let (c, r) = (Double(counts.0), Double(counts.1))
      let difference = c * m - r * n
      return sum + difference * difference / (n * m * (c + r))
    }
    return chiSquareTail(above: statistic, degrees: hit.count - 1)
  }
}
