import Analysis
import Randomness
package import Rollouts

/// What clients meet while several candidates are tried at once: requests, and the entities that come with them.
///
/// Each entity reaches the goal in the look in which it comes, or never.
package struct ContestTraffic: Sendable {
  /// What the users of one revision do, as shares from 0 to 1.
  package struct Arm: Equatable, Sendable {
    /// Of its requests, those that fail.
    package let errors: Double
    /// Of its entities, those that reach the goal.
    package let goal: Double

    package init(errors: Double, goal: Double) {
      for share in [errors, goal] { precondition((0...1).contains(share), "share \(share)") }
      (self.errors, self.goal) = (errors, goal)
    }
  }

  private let requestsPerSecond: Double
  private let newcomers: Double
  private var random: SplitMix64

  /// Begins a traffic, of which `newcomers` are an entity's first request; one seed draws the same on every machine.
  package init(requestsPerSecond: Double, newcomers: Double = 0.2, seed: UInt64) {
    (self.requestsPerSecond, self.newcomers) = (requestsPerSecond, newcomers)
    random = SplitMix64(seed: seed)
  }

  /// Returns what one revision answered for so many seconds, with its share of the requests, of whose entities a part
  /// counts.
  package mutating func next(
    _ arm: Arm, seconds: Double, share: Double, counted: Double = 1
  ) -> Counts {
    let requests = random.poisson(mean: requestsPerSecond * seconds * share)
    let errors = random.binomial(trials: requests, share: arm.errors)
    let seen = random.binomial(trials: requests, share: newcomers * counted)
    let reached = random.binomial(trials: seen, share: arm.goal)
    return Counts(
      requests: requests, errors: errors, latency: Histogram(edges: [], counts: [requests]),
      samples: SampleCounts(
        requests: requests, entities: .init(seen: seen, reached: reached), features: [],
        outputs: []))
  }
}
