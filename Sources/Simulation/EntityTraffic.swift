import Randomness
import Rollouts

/// What entities do on a simulated traffic, where an A/B test is decided on it.
package struct EntityTraffic: Equatable, Sendable {
  /// The share of the entities that reach the goal, 0 to 1.
  package var stable: Double
  package var candidate: Double
  /// The share of the requests that are an entity's first.
  package var newcomers: Double

  package init(stable: Double, candidate: Double, newcomers: Double = 0.2) {
    for share in [stable, candidate, newcomers] {
      precondition((0...1).contains(share), "share \(share)")
    }
    self.stable = stable
    self.candidate = candidate
    self.newcomers = newcomers
  }
}

/// The entities of a traffic, one look after the other: each reaches the goal in the look in which it comes, or
/// never.
struct EntityStream: Sendable {
  private let traffic: EntityTraffic
  private var random: SplitMix64

  init(_ traffic: EntityTraffic, random: SplitMix64) {
    self.traffic = traffic
    self.random = random
  }

  /// Returns the counts of a look with what entities did in it.
  mutating func count(_ counts: LookCounts) -> LookCounts {
    LookCounts(
      candidate: count(counts.candidate, traffic.candidate),
      stable: count(counts.stable, traffic.stable))
  }

  private mutating func count(_ counts: Counts, _ share: Double) -> Counts {
    let seen = random.binomial(trials: counts.requests, share: traffic.newcomers)
    let reached = random.binomial(trials: seen, share: share)
    let samples = counts.samples ?? SampleCounts(requests: 0, features: [], outputs: [])
    return counts.with(samples.with(.init(seen: seen, reached: reached)))
  }
}

extension SampleCounts {
  fileprivate func with(_ entities: Entities) -> SampleCounts {
    SampleCounts(
      requests: requests, badInputs: badInputs, badOutputs: badOutputs, labelled: labelled,
      wrong: wrong, dropped: dropped, pairs: pairs, entities: entities, slices: slices,
      features: features, outputs: outputs)
  }
}
