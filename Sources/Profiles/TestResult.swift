/// What a model reached on rows that it was not trained on: its error there, and how many they were.
package struct TestResult: Hashable, Sendable {
  /// Which mean it is; what the model answers says which one fits.
  package enum Measure: String, Sendable, Codable, CaseIterable {
    case errorRate, brierScore, meanAbsoluteError
  }

  package let measure: Measure
  /// A share, a score within 0…1, or a difference in the unit of the output.
  package let value: Double
  package let rows: Int

  /// Creates a result, or nil when it can be none.
  package init?(_ measure: Measure, _ value: Double, rows: Int) {
    guard value.isFinite, value >= 0, measure == .meanAbsoluteError || value <= 1, rows > 0 else {
      return nil
    }
    (self.measure, self.value, self.rows) = (measure, value, rows)
  }

  /// Returns the largest error, from 0 to 1, of a model that may be as good as this: with what chance
  /// may have hidden from the test set, and so many times the odds on top.
  ///
  /// As for the bins of a profile, chance is the score interval at three standard deviations (Wilson
  /// 1927). It is of a share; a score within 0…1 with the same mean varies less.
  ///
  /// - Parameters:
  ///   - outputs: What the model answers.
  ///   - oddsRatio: How many times the odds are tolerated, 1 or more.
  /// - Returns: A share, as `Loss` counts errors.
  package func promise(_ outputs: [ProfileColumn], oddsRatio: Double) -> Double {
    let upper = upperShare(outputs)
    return upper * oddsRatio / (1 - upper + upper * oddsRatio)
  }

  /// The error that chance may have hidden, as a share from 0 to 1.
  package func upperShare(_ outputs: [ProfileColumn]) -> Double {
    let (share, count, square) = (share(outputs), Double(rows), 9.0)
    let root = 3 * (share * (1 - share) / count + square / (4 * count * count)).squareRoot()
    return min(1, (share + square / (2 * count) + root) / (1 + square / count))
  }

  /// The error itself as a share from 0 to 1, as live predictions are judged.
  package func share(_ outputs: [ProfileColumn]) -> Double { Loss(outputs).share(value) }
}

// As decimal text, like every other number of a profile.

extension TestResult: Codable {
  private enum CodingKeys: String, CodingKey { case measure, value, rows }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let result = TestResult(
      try container.decode(Measure.self, forKey: .measure),
      Double(try container.decode(String.self, forKey: .value)) ?? .nan,
      rows: try container.decode(Int.self, forKey: .rows))
    guard let result else {
      throw DecodingError.dataCorruptedError(
        forKey: .value, in: container, debugDescription: "no result of a test")
    }
    self = result
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(measure, forKey: .measure)
    try container.encode(value.description, forKey: .value)
    try container.encode(rows, forKey: .rows)
  }
}
