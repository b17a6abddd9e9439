/// The largest share of the predictions that may have moved from some bins to others, for all that was
/// counted so far.
///
/// What moved is the total variation distance between both arms: the largest difference of their shares
/// in any set of bins. Each look compares the arms with each other alone, so that what makes both
/// change with the time of day cancels, and the split of the traffic may change at every look.
///
/// For the set of bins on which the distance is reached, the sum over the looks of
/// (n m / (n + m)) (difference seen − distance) is a martingale whose increments are sub-Gaussian with
/// the variance n m / (4 (n + m)) (Hoeffding 1963; n and m samples of the arms). A mixture over the
/// half-normal distribution bounds it at all looks at once (Robbins 1970). The differences that were
/// seen are at most their sum over the bins, so one bound holds whichever the set is.
package struct MoveBound: Equatable, Sendable {
  /// Of each bin the sum of n m / (n + m) times the difference of its shares.
  private var differences: [Double]
  /// The sum of n m / (n + m): so many samples of each arm's half weigh as much.
  private var weight = 0.0

  package init(bins: Int) { differences = Array(repeating: 0, count: bins) }

  /// Takes what both arms counted in one look into account; a look at one arm alone says nothing.
  package mutating func look(_ arms: BinArms) {
    let (tried, usual) = (Double(arms.candidate.total), Double(arms.stable.total))
    guard tried > 0, usual > 0, arms.hasBins(differences.count) else { return }
    for bin in differences.indices {
      let (own, other) = (Double(arms.candidate.counts[bin]), Double(arms.stable.counts[bin]))
      differences[bin] += (usual * own - tried * other) / (tried + usual)
    }
    weight += tried * usual / (tried + usual)
  }

  /// The share that was seen to have moved, from 0 to 1; more than really did, while samples are few.
  package var seen: Double {
    guard weight > 0 else { return 0 }
    return min(1, differences.reduce(0) { $0 + $1.magnitude } / (2 * weight))
  }

  /// Covers the share that really moved.
  ///
  /// - Parameters:
  ///   - beta: The probability that it does not, at any look.
  ///   - cluster: How many samples may be alike because one client sent them, 1 or more.
  /// - Returns: The largest share that fits, from 0 to 1.
  package func upper(beta: Double, cluster: Int = 1) -> Double {
    guard weight > 0 else { return 1 }
    let variance = Double(cluster) * weight / 4
    let growth = (1 + variance / Self.prior).squareRoot()
    let square = 2 * log((growth / beta + 1) / 2) * (variance + Self.prior)
    return min(1, seen + square.squareRoot() / weight)
  }

  /// The variance at which the bound is tightest is about six times this: that of some two hundred
  /// samples of each arm, which is where moves of a fifth can be excluded.
  private static let prior = 4.0
}

extension MoveBound: Codable {
  private enum CodingKeys: String, CodingKey { case differences, weight }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let texts = try container.decode([String].self, forKey: .differences)
    let values = (texts + [try container.decode(String.self, forKey: .weight)]).map(Double.init)
    let numbers = values.compactMap { $0.flatMap { $0.isFinite ? $0 : nil } }
    guard numbers.count == values.count, let weight = numbers.last, weight >= 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .differences, in: container, debugDescription: "not finite numbers")
    }
    (differences, self.weight) = (Array(numbers.dropLast()), weight)
  }

  /// Encodes decimal strings that round-trip, as `TestMartingales` does.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(differences.map(\.description), forKey: .differences)
    try container.encode(weight.description, forKey: .weight)
  }
}
