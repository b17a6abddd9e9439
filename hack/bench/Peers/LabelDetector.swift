/// A detector of more wrong predictions in a stream of labels, until its first alarm.
///
/// Those here have the defaults of River 0.23.
package protocol LabelDetector: Sendable {
  /// Takes one label into account, and returns whether there is an alarm.
  mutating func alarms(isWrong: Bool) -> Bool
}

/// The drift detection method of Gama and others (2004): the rate of errors since the beginning rises by
/// three of the standard deviations that it had at its best.
package struct DriftDetectionMethod: LabelDetector {
  private static let fewest = 30
  private static let deviations = 3.0

  private var labels = 0
  private var wrong = 0
  private var best = (rate: Double.infinity, deviation: 0.0)

  package init() {}

  package mutating func alarms(isWrong: Bool) -> Bool {
    labels += 1
    wrong += isWrong ? 1 : 0
    guard labels > Self.fewest else { return false }
    let rate = Double(wrong) / Double(labels)
    let deviation = (rate * (1 - rate) / Double(labels)).squareRoot()
    if rate + deviation <= best.rate + best.deviation { best = (rate, deviation) }
    return rate + deviation > best.rate + Self.deviations * best.deviation
  }
}

/// Page and Hinkley's test (1954, 1971) for a rise: how far the sum of deviations from the mean is above
/// its lowest.
package struct PageHinkley: LabelDetector {
  private static let fewest = 30
  private static let allowance = 0.005
  private static let threshold = 50.0
  private static let memory = 0.9999

  private var labels = 0
  private var mean = 0.0
  private var sum = 0.0
  private var lowest = Double.infinity

  package init() {}

  package mutating func alarms(isWrong: Bool) -> Bool {
    let error = isWrong ? 1.0 : 0.0
    labels += 1
    mean += (error - mean) / Double(labels)
    sum = Self.memory * sum + error - mean - Self.allowance
    lowest = min(lowest, sum)
    return labels >= Self.fewest && sum - lowest > Self.threshold
  }
}
