/// What a table says about many rollouts under one rule.
struct Summary {
  let rollouts: Int
  /// The looks after which rollouts were stopped, in order.
  let stops: [Int]
  let meanRequests: Double
  let meanBad: Double
  /// What the candidate had answered in half of those that were stopped; nil when none was.
  let medianRequests: Double?

  init(_ outcomes: [Outcome]) {
    rollouts = outcomes.count
    stops = outcomes.compactMap(\.stop).sorted()
    meanRequests = Self.mean(outcomes.map(\.requests))
    meanBad = Self.mean(outcomes.map(\.bad))
    let stopped = outcomes.filter { $0.stop != nil }.map { Double($0.requests) }
    medianRequests = quantile(of: stopped.sorted(), 0.5)
  }

  var stopped: Double { Double(stops.count) / Double(rollouts) }

  /// When such a share of those that were stopped had been, in seconds; nil when none was.
  func seconds(_ share: Double) -> Double? {
    quantile(of: stops.map { Double($0 + 1) * Schedule.secondsPerLook }, share)
  }

  private static func mean(_ values: [Int]) -> Double {
    Double(values.reduce(0, +)) / Double(values.count)
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
