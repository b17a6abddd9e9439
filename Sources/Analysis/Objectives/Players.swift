/// The wealth of each player of a game, as logarithms: it may reach e^±1,000,000.
package struct Players: Equatable, Sendable {
  package private(set) var logWealth: [Double]

  /// Everybody begins with the same wealth.
  init(count: Int, logWealth: Double = 0) {
    self.logWealth = [Double](repeating: logWealth, count: count)
  }

  /// Everybody bets everything they have.
  mutating func play(_ gains: Gains) {
    let gains = gains.values.span
    var wealth = logWealth.mutableSpan
    for player in 0..<min(wealth.count, gains.count) { wealth[player] += gains[player] }
  }

  /// A bet after losses so far are forgotten, which makes the game a detector of a change that may
  /// come at any time: an e-CUSUM (Shin, Ramdas and Rinaldo 2022).
  mutating func playForgivingLosses(_ gains: Gains) {
    let gains = gains.values.span
    var wealth = logWealth.mutableSpan
    for player in 0..<min(wealth.count, gains.count) {
      wealth[player] = max(0, wealth[player]) + gains[player]
    }
  }

  /// A bet after everybody is given `logStake`, the logarithm of a stake: a mixture over the looks
  /// at which a change may come, and a Shiryaev-Roberts detector when the stake is 1.
  mutating func play(_ gains: Gains, investing logStake: Double) {
    let gains = gains.values.span
    for player in logWealth.indices {
      logWealth[player] = logSum(logWealth[player], logStake) + gains[player]
    }
  }

  /// The logarithm of the greatest wealth.
  var logRichest: Double {
    // Two at a time, since each comparison waits for the one before.
    var (one, other) = (-Double.infinity, -Double.infinity)
    for player in stride(from: 0, to: logWealth.count - 1, by: 2) {
      (one, other) = (max(one, logWealth[player]), max(other, logWealth[player + 1]))
    }
    return max(max(one, other), logWealth.last ?? one)
  }

  /// The logarithm of the average wealth.
  package var logE: Double {
    var sum = LogSum()
    for logarithm in logWealth { sum.add(logarithm) }
    return sum.logarithm - log(Double(logWealth.count))
  }
}

extension Players: Codable {
  package init(from decoder: any Decoder) throws {
    let texts = try decoder.singleValueContainer().decode([String].self)
    let values = texts.compactMap { Double($0) }
    let isSound = [Game.stakes.count, Game.logOdds.count].contains(values.count)
    guard isSound, values.count == texts.count, !values.contains(where: \.isNaN) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not the wealth of the players"))
    }
    logWealth = values
  }

  /// Encodes decimal strings that round-trip: JSON readers do not agree on floating point.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(logWealth.map(\.description))
  }
}
