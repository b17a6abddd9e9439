import Analysis
import Peers
import Randomness
import Simulation

/// A rule and the name of its column.
struct Contestant: Sendable {
  let name: String
  let rule: @Sendable () -> any Rule
}

/// How a rollout went under one rule.
struct Outcome: Sendable {
  /// The look after which it was stopped; nil when it reached its end.
  let stop: Int?
  /// What the candidate answered until then, and what of it was bad, by all metrics together.
  let requests: Int
  let bad: Int
}

/// The same rollouts before several rules.
struct Contest: Sendable {
  let traffic: Traffic
  let contestants: [Contestant]
  let rollouts: Int
  /// Which rollouts: each cell of a table has its own.
  let seed: UInt64

  /// Returns the outcomes by contestant.
  func outcomes() async -> [[Outcome]] {
    let byRollout = await concurrently(rollouts) { outcomes(ofRollout: $0) }
    return contestants.indices.map { contestant in byRollout.map { $0[contestant] } }
  }

  private func outcomes(ofRollout index: Int) -> [Outcome] {
    var runs = contestants.map { Run(rule: $0.rule()) }
    var random = SplitMix64(seed: seed).child(UInt64(index))
    var stream = TrafficStream(traffic, seed: random.next())
    for look in 0..<Schedule.looks where !runs.allSatisfy(\.isOver) {
      let metrics = stream.next(weight: Schedule.weight(at: look))
      for index in runs.indices { runs[index].take(metrics, at: look) }
    }
    return runs.map(\.outcome)
  }

  /// One rule in one rollout.
  private struct Run {
    var rule: any Rule
    private var stop: Int?
    private var requests = 0
    private var bad = 0

    init(rule: any Rule) { self.rule = rule }

    var isOver: Bool { stop != nil }
    var outcome: Outcome { Outcome(stop: stop, requests: requests, bad: bad) }

    mutating func take(_ metrics: [MetricLook], at look: Int) {
      guard !isOver else { return }
      requests += metrics.first?.candidate.total ?? 0
      bad += metrics.map(\.candidate.bad).reduce(0, +)
      if rule.stops(after: metrics) { stop = look }
    }
  }
}
