/// What a table says about many rollouts under one rule.
struct Summary {
  let rollouts: Int
  /// The looks after which rollouts were rolled back, in order.
  let stops: [Int]
  let meanRequests: Double
  let meanBad: Double

  init(_ outcomes: [Outcome]) {
    rollouts = outcomes.count
    stops = outcomes.compactMap(\.stop).sorted()
    meanRequests = Self.mean(outcomes.map(\.requests))
    meanBad = Self.mean(outcomes.map(\.bad))
  }

  var rolledBack: Double { Double(stops.count) / Double(rollouts) }

  /// When half of those that were rolled back had been, in seconds; nil when none was.
  var medianSeconds: Double? { quantile(of: stops, 0.5).map { $0 * Schedule.secondsPerLook } }

  private static func mean(_ values: [Int]) -> Double {
    Double(values.reduce(0, +)) / Double(values.count)
  }

  /// Looks end one look after they begin.
  private func quantile(of looks: [Int], _ share: Double) -> Double? {
    serin_bench.quantile(of: looks.map { Double($0 + 1) }, share)
  }
}

/// Returns the quantile of sorted values, between two of them in proportion; nil for none.
func quantile(of sorted: [Double], _ share: Double) -> Double? {
  guard let last = sorted.indices.last else { return nil }
  let position = share * Double(last)
  let index = Int(position)
  let next = min(index + 1, last)
  return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
}
