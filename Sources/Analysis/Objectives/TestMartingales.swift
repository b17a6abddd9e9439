/// One test martingale for each bet of a strategy: the wealth of a gambler who stakes all of it at
/// every look, as a logarithm, since it may reach e^±1,000,000.
///
/// Their average is a test martingale too, or an e-process where the null hypothesis is a set.
package struct TestMartingales: Equatable, Sendable {
  package private(set) var logWealth: [Double]

  /// All begin with one wealth.
  init(count: Int, logWealth: Double = 0) {
    self.logWealth = [Double](repeating: logWealth, count: count)
  }

  /// Multiplies each wealth by what the look came to for it.
  mutating func advance(by increments: Increments) {
    let increments = increments.values.span
    var wealth = logWealth.mutableSpan
    for index in 0..<min(wealth.count, increments.count) { wealth[index] += increments[index] }
  }

  /// Advances after losses so far are forgotten, which makes a detector of a change that may come at
  /// any time: an e-CUSUM (Shin, Ramdas and Rinaldo 2022).
  mutating func advanceForgettingLosses(by increments: Increments) {
    let increments = increments.values.span
    var wealth = logWealth.mutableSpan
    for index in 0..<min(wealth.count, increments.count) {
      wealth[index] = max(0, wealth[index]) + increments[index]
    }
  }

  /// Advances after each was given `logStake`, the logarithm of a stake: a mixture over the looks at
  /// which a change may come, and a Shiryaev-Roberts detector when the stake is 1.
  mutating func advance(by increments: Increments, investing logStake: Double) {
    let increments = increments.values.span
    for index in logWealth.indices {
      logWealth[index] = logSum(logWealth[index], logStake) + increments[index]
    }
  }

  /// The logarithm of the greatest wealth.
  var logLargest: Double {
    // Two at a time, since each comparison waits for the one before.
    var (one, other) = (-Double.infinity, -Double.infinity)
    for index in stride(from: 0, to: logWealth.count - 1, by: 2) {
      (one, other) = (max(one, logWealth[index]), max(other, logWealth[index + 1]))
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

extension TestMartingales: Codable {
  package init(from decoder: any Decoder) throws {
    let texts = try decoder.singleValueContainer().decode([String].self)
    let values = texts.compactMap { Double($0) }
    let isSound = [BettingStrategy.stakes.count, BettingStrategy.logOdds.count].contains(
      values.count)
    guard isSound, values.count == texts.count, !values.contains(where: \.isNaN) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not the wealth of the martingales")
      )
    }
    logWealth = values
  }

  /// Encodes decimal strings that round-trip: JSON readers do not agree on floating point.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(logWealth.map(\.description))
  }
}
