package import Analysis
import Randomness
package import Rollouts

/// Where the counts of a simulated rollout come from.
package protocol CountSource {
  /// Returns what both revisions answered in the next look; nil when there is nothing more.
  mutating func next(route: Route) -> LookCounts?
}

/// What both revisions answered in one look.
package struct LookCounts: Equatable, Sendable {
  package let candidate: Counts
  package let stable: Counts

  package init(candidate: Counts, stable: Counts) {
    self.candidate = candidate
    self.stable = stable
  }
}

/// Counts that are drawn at random, as a traffic says.
package struct SyntheticCounts: CountSource {
  private let objectives: [Objective]
  /// By objective, whose metric counts for it: one request is good or bad, in however many steps that is promised.
  private let drawn: [Int]
  private var stream: TrafficStream
  private var predictions: PredictionStream?
  private var entities: EntityStream?

  /// Creates a source whose traffic has one metric for each objective, in their order.
  package init(_ traffic: Traffic, objectives: [Objective], seed: UInt64) {
    precondition(traffic.metrics.count == objectives.count)
    self.objectives = objectives
    drawn = Self.drawn(of: objectives, traffic)
    stream = TrafficStream(traffic, seed: seed)
    predictions = traffic.predictions.map {
      PredictionStream($0, traffic, random: SplitMix64(seed: seed).child(1 << 32))
    }
    entities = traffic.entities.map {
      EntityStream($0, random: SplitMix64(seed: seed).child(1 << 33))
    }
  }

  /// Of the metrics whose bad requests are bad for an objective, too, the worst counts for it.
  private static func drawn(of objectives: [Objective], _ traffic: Traffic) -> [Int] {
    objectives.map { objective in
      let counting = objectives.indices.filter { objective.isBroken(bySame: objectives[$0]) }
      let worst = counting.max { traffic.metrics[$0].candidate < traffic.metrics[$1].candidate }
      guard let worst else { preconditionFailure("\(objective.name) does not count for itself") }
      return worst
    }
  }

  package mutating func next(route: Route) -> LookCounts? {
    let looks = stream.next(route: route)
    let metrics = zip(objectives, drawn).map { ($0, looks[$1]) }
    // Only a mirror has two answers to one request, and they are counted as the candidate's.
    let own = metrics.filter { route.isMirror || !$0.0.isOfPairs }
    let look = LookCounts(
      candidate: Counts(own.map { ($0, $1.candidate) }),
      stable: Counts(metrics.filter { !$0.0.isOfPairs }.map { ($0, $1.stable) }))
    let sampled = predictions?.sample(look) ?? look
    return entities?.count(sampled) ?? sampled
  }
}

extension Objective {
  /// Whether a request that is bad for another objective is bad for this one.
  ///
  /// Errors are errors, answers that differ differ, and what is slower than a larger limit is slower than a smaller one.
  fileprivate func isBroken(bySame other: Objective) -> Bool {
    guard kind == other.kind else { return false }
    switch (promise, other.promise) {
    case (.latency(_, let below), .latency(_, let limit)): return below <= limit
    case (.errors, _), (.disagreement, _): return true
    default: return self == other
    }
  }
}

extension Counts {
  /// Puts the trials of several objectives together, as if one set of requests had given them all.
  ///
  /// Whatever is slower than a larger limit is also slower than a smaller one.
  package init(_ trials: some Sequence<(Objective, Trials)>) {
    var (requests, errors) = (0, 0)
    var slow: [Int: Int] = [:]
    var (badInputs, badOutputs, wrong, isSampled) = (0, 0, 0, false)
    var pairs: SampleCounts.Pairs?
    for (objective, trials) in trials {
      requests = trials.total
      isSampled = isSampled || objective.isSampled
      switch objective.promise {
      case .errors: errors = trials.bad
      case .latency(_, let below): slow[below] = trials.bad
      case .badInputs: badInputs = trials.bad
      case .badOutputs: badOutputs = trials.bad
      case .labels: wrong = trials.bad * Trials.perScore
      case .disagreement: pairs = .init(compared: trials.total, differing: trials.bad)
      }
    }
    let samples = SampleCounts(
      requests: requests, badInputs: badInputs, badOutputs: badOutputs, labelled: requests,
      wrong: wrong, pairs: pairs, features: [], outputs: [])
    self.init(
      requests: requests, errors: errors, latency: Histogram(slower: slow, of: requests),
      samples: isSampled ? samples : nil)
  }
}

extension Histogram {
  /// Creates a histogram from how many of all are at or above each limit, in milliseconds.
  fileprivate init(slower: [Int: Int], of total: Int) {
    let edges = slower.keys.sorted()
    var counts: [Int] = []
    var rest = total
    for edge in edges {
      let atLeast = min(rest, slower[edge] ?? 0)
      counts.append(rest - atLeast)
      rest = atLeast
    }
    self.init(edges: edges, counts: counts + [rest])
  }
}
