/// Evidence against "the bad share is no higher than allowed", gathered one look at a time.
///
/// Think of a gambler who may bet at every look that the model is worse than allowed, at fair odds if
/// it is exactly as good. Nine gamblers stake different fractions; the evidence is their average
/// wealth. If the model is healthy nobody can expect to grow rich: the probability that the wealth
/// ever reaches 1/alpha is at most alpha, however often one looks (Ville's inequality).
///
/// Each look is one bet, whatever happened inside it, so bursts, retries and failures that come in
/// batches cannot fool it. Logarithms throughout: wealth may reach e^±1,000,000.
package struct IntervalBet: Equatable, Sendable {
  /// The fractions staked, from cautious to bold.
  package static let fractions = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95]

  package private(set) var logWealth = [Double](repeating: 0, count: fractions.count)

  package init() {}

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - ratio: The observed bad share over the allowed one; its expectation is at most 1 while the
  ///     model keeps its promise.
  ///   - startingOver: Whether losses so far are forgotten first, which makes the bet a detector of
  ///     a change that may come at any time (an e-CUSUM: Shin, Ramdas and Rinaldo).
  package mutating func bet(on ratio: Double, startingOver: Bool = false) {
    for (index, fraction) in Self.fractions.enumerated() {
      let before = startingOver ? max(0, logWealth[index]) : logWealth[index]
      logWealth[index] = before + log1p(fraction * (ratio - 1))
    }
  }

  /// The logarithm of the average wealth.
  package var logE: Double {
    logSumOfExponentials(logWealth) - log(Double(Self.fractions.count))
  }
}

extension IntervalBet: Codable {
  package init(from decoder: any Decoder) throws {
    let texts = try decoder.singleValueContainer().decode([String].self)
    let values = texts.compactMap { Double($0) }
    guard values.count == Self.fractions.count, !values.contains(where: \.isNaN) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not the state of an interval bet"))
    }
    logWealth = values
  }

  /// Encodes decimal strings that round-trip: JSON readers do not agree on floating point.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(logWealth.map(\.description))
  }
}
