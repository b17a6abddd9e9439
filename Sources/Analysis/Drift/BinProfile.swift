/// What a feature's bins held when the model was trained, as something that live traffic can be
/// expected to be like.
///
/// A profile is itself a sample. What it does not know to three standard deviations is tolerated on
/// top of everything else, so that rare bins and small profiles accuse nobody.
package struct BinProfile: Equatable, Sendable {
  private struct Odds: Equatable, Sendable {
    /// Of an observation to be in the bin.
    let inside: Double
    /// How many times these odds the truth may be, and how many times the odds to be outside.
    let doubtOfMore, doubtOfFewer: Double
  }

  private let odds: [Odds]

  /// Creates what is expected of as many bins; nil for fewer than two, or without an observation.
  ///
  /// Half an observation is added to every bin, so that none is impossible.
  package init?(_ reference: BinCounts) {
    guard reference.counts.count > 1, reference.total > 0 else { return nil }
    let total = Double(reference.total) + Double(reference.counts.count) / 2
    odds = reference.counts.map { count in
      let hits = Double(count) + 0.5
      return Odds(
        inside: hits / (total - hits), doubtOfMore: Self.doubt(hits, of: total),
        doubtOfFewer: Self.doubt(total - hits, of: total))
    }
  }

  package var bins: Int { odds.count }

  /// Returns the largest share that is tolerated in a bin, or outside of it, in (0, 1), when so many
  /// times the profile's odds are tolerated.
  ///
  /// What the profile does not know is tolerated in any case.
  func limit(of bin: Int, _ change: BinChange, oddsRatio: Double) -> Double {
    let bin = odds[bin]
    let odds =
      switch change {
      case .more: bin.inside * max(oddsRatio, bin.doubtOfMore)
      case .fewer: max(oddsRatio, bin.doubtOfFewer) / bin.inside
      }
    return odds / (1 + odds)
  }

  /// How many times the observed odds are the upper end of the score interval at three standard
  /// deviations (Wilson 1927).
  ///
  /// Never less than 1 + 3 √((1 − p)/(p N)), which it approaches where a bin has many observations;
  /// where it has few that is too little, because the uncertainty of a rare event is skewed.
  private static func doubt(_ hits: Double, of total: Double) -> Double {
    let (misses, square) = (total - hits, 9.0)
    let root = 3 * (hits * misses / total + square / 4).squareRoot()
    let (upper, rest) = (hits + square / 2 + root, misses + square / 2 - root)
    return upper / rest * misses / hits
  }
}

/// In which direction a bin moved.
package enum BinChange: String, Sendable, CaseIterable {
  case more, fewer
}
