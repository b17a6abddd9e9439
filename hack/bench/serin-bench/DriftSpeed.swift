import Analysis
import Peers
import Randomness

/// What the statistics of a look at drift cost: 20 features of 12 bins beside a profile.
enum DriftSpeed {
  private static let traffic = DriftTraffic(
    requestsPerSecond: 500, usual: Array(repeating: shares, count: 20),
    candidate: Array(repeating: shares, count: 20))
  private static let shares = [Double](repeating: 1 / 12.0, count: 12)
  private static let looks = 120

  static func look(_ dependence: Dependence) -> Cost {
    var random = SplitMix64(seed: 1)
    let history = traffic.history(&random)
    let ours = OursOnDrift(
      dependence, .together, bins: history.totals.map(\.counts.count),
      against: history.totals.map(DriftLineup.profile))
    let data = (0..<looks).map { traffic.look(weight: Schedule.weight(at: $0), &random) }
    return Cost(of: looks - Cost.firstCalls, from: (ours, alarms: 0)) { state, index in
      if state.0.alarms(after: data[index]) { state.alarms += 1 }
    }
  }

  /// The measures that are shown, of all features.
  static func effectSizes() -> Cost {
    var random = SplitMix64(seed: 1)
    let history = traffic.history(&random).totals
    let look = traffic.look(weight: Schedule.weight(at: 0), &random)
    return Cost(of: 10, from: 0.0) { sum, _ in
      for (arms, reference) in zip(look, history) {
        let sizes = EffectSizes(current: arms.candidate, reference: reference)
        sum += sizes?.populationStability ?? 0
      }
    }
  }
}
