import Analysis
import Peers
import Randomness
import Rollouts
import Simulation

/// Requests whose features, or predictions, fall into bins.
struct DriftTraffic: Sendable {
  let requestsPerSecond: Double
  /// The shares of the bins of each feature, before anything moves.
  let usual: [[Double]]
  /// Those of what the candidate answers.
  let candidate: [[Double]]
  /// How many alike requests everybody sends in a look, all to the same arm.
  var requestsPerUser = 1

  /// Returns what both arms did in one look, by feature.
  func look(weight: PerMille, _ random: inout SplitMix64) -> [BinArms] {
    let requests = requestsPerSecond * Schedule.secondsPerLook
    let users = random.poisson(mean: requests / Double(requestsPerUser))
    let tried = random.binomial(trials: users, share: Double(weight.value) / 1000)
    return zip(usual, candidate).map { usual, candidate in
      BinArms(
        candidate: random.binCounts(trials: tried, candidate, each: requestsPerUser),
        stable: random.binCounts(trials: users - tried, usual, each: requestsPerUser))
    }
  }

  /// Returns 50,000 observations of each feature from before, in chunks of 500.
  func history(_ random: inout SplitMix64) -> History {
    History(
      chunks: usual.map { shares in
        (0..<100).map { _ in random.binCounts(trials: 500, shares) }
      })
  }
}

/// A rule of drift and the name of its column.
struct DriftContestant: Sendable {
  let name: String
  let rule: @Sendable (History) -> any DriftRule
}

/// The same data before several rules.
struct DriftContest: Sendable {
  let traffic: DriftTraffic
  let contestants: [DriftContestant]
  let runs: Int
  /// Which data: each row of a table has its own.
  let seed: UInt64

  /// Returns what each contestant did, as a cell: how often there was an alarm, and the median time.
  func cells() async -> [String] {
    let byRun = await concurrently(runs) { alarms(inRun: $0) }
    return contestants.indices.map { contestant in
      let alarms = byRun.compactMap { $0[contestant] }.sorted()
      let times = alarms.map { Double($0 + 1) * Schedule.secondsPerLook }
      let time = quantile(of: times, 0.5).map { " (\(whole($0))s)" } ?? ""
      return percent(Double(alarms.count) / Double(runs)) + time
    }
  }

  /// Returns the look of each contestant's alarm; nil for none.
  private func alarms(inRun index: Int) -> [Int?] {
    var random = SplitMix64(seed: seed).child(UInt64(index))
    let history = traffic.history(&random)
    var rules = contestants.map { $0.rule(history) }
    var alarms = contestants.map { _ in Int?.none }
    for look in 0..<Schedule.looks where alarms.contains(nil) {
      let features = traffic.look(weight: Schedule.weight(at: look), &random)
      for index in rules.indices where alarms[index] == nil {
        if rules[index].alarms(after: features) { alarms[index] = look }
      }
    }
    return alarms
  }
}

extension SplitMix64 {
  /// Returns how many of `trials` fall into each bin, when each counts as so many; the shares add up
  /// to 1.
  mutating func binCounts(trials: Int, _ shares: [Double], each: Int = 1) -> BinCounts {
    let counts = multinomial(trials: trials, shares).map { $0 * each }
    guard let counts = BinCounts(counts) else { preconditionFailure("\(counts) in bins") }
    return counts
  }
}
