package import Profiles

/// Which requests the candidate answers otherwise than stable, by the bins of their inputs: counts, never a payload.
///
/// It shows people where to look. Nothing is decided on it, and it is no part of what is replayed: another intake
/// would have counted other pairs.
package struct DifferencesReport: Equatable, Sendable, Codable {
  /// A bin of a feature in which answers differ more often than in all.
  package struct Bin: Equatable, Sendable, Codable {
    package let column: String
    /// What a person calls it.
    package let bin: String
    /// Pairs of which a row of the request is in it.
    package let pairs: Int
    /// Those whose answers differ.
    package let differing: Int

    package init(column: String, bin: String, pairs: Int, differing: Int) {
      self.column = column
      self.bin = bin
      self.pairs = pairs
      self.differing = differing
    }
  }

  /// The pairs whose request could be read.
  package let pairs: Int
  /// Those whose answers differ.
  package let differing: Int
  /// The bins of different features that stand out most, the clearest one first.
  package let bins: [Bin]

  /// What a person reads.
  package static let mostBins = 5
  /// Fewer differences in a bin are an accident.
  private static let leastDiffering = 3
  /// Bins that stand out by less than two standard deviations are as any.
  private static let leastScore = 4.0

  /// Finds the bins in which more differs than in all; nil when none stands out.
  ///
  /// - Parameters:
  ///   - pairs: The pairs whose request could be read.
  ///   - differing: Those whose answers differ.
  ///   - columns: The features, in the order of the bins.
  ///   - compared: How many of the pairs are in each bin, column by column.
  ///   - different: How many of those differ.
  package init?(
    pairs: Int, differing: Int, of columns: [ProfileColumn], compared: [[Int]], different: [[Int]]
  ) {
    guard differing > 0, differing < pairs, compared.map(\.count) == different.map(\.count),
      columns.map(\.bins) == compared.map(\.count)
    else { return nil }
    let share = Double(differing) / Double(pairs)
    var found: [(score: Double, bin: Bin)] = []
    for (column, counts) in zip(columns, zip(compared, different)) {
      let scores = zip(counts.0, counts.1).map { Self.score($0, $1, share) }
      guard let worst = scores.indices.max(by: { scores[$0] < scores[$1] }),
        scores[worst] >= Self.leastScore
      else { continue }
      let bin = Bin(
        column: column.name, bin: column.label(ofBin: worst), pairs: counts.0[worst],
        differing: counts.1[worst])
      found.append((scores[worst], bin))
    }
    if found.isEmpty { return nil }
    let order = found.indices.sorted { (found[$1].score, $0) < (found[$0].score, $1) }
    (self.pairs, self.differing) = (pairs, differing)
    bins = order.prefix(Self.mostBins).map { found[$0].bin }
  }

  /// The square of how many standard deviations more differ than if the bin were as all pairs.
  private static func score(_ pairs: Int, _ differing: Int, _ share: Double) -> Double {
    let excess = Double(differing) - Double(pairs) * share
    guard differing >= leastDiffering, excess > 0 else { return 0 }
    return excess * excess / (Double(pairs) * share * (1 - share))
  }
}

extension Decision {
  /// Whether it rests on pairs of answers, too.
  package var isOnPairs: Bool { checks.contains { $0.objective.isOfPairs } }
}
