import Analysis
import Randomness
package import Rollouts

/// The counts of a traffic, one look after the other; one seed gives the same ones on every machine.
package struct TrafficStream: Sendable {
  private let traffic: Traffic
  private var look = 0
  private var requests: SplitMix64
  private var failures: [Failures]

  package init(_ traffic: Traffic, seed: UInt64) {
    let random = SplitMix64(seed: seed)
    self.traffic = traffic
    requests = random.child(0)
    failures = traffic.metrics.indices.map { index in
      Failures(traffic, random: random.child(UInt64(index) + 1))
    }
  }

  /// Returns what the arms did in the next look, by each metric, with `weight` of the traffic at the
  /// candidate.
  ///
  /// The metrics are of the same requests, and bad independently of each other.
  package mutating func next(weight: PerMille) -> [MetricLook] {
    next(route: .split(weight: weight))
  }

  /// The share of the requests that is assumed to carry a header; the true one depends on the clients.
  package static let assumedOfMatch = PerMille(10)

  /// Returns what the arms did in the next look, when the candidate gets a route.
  package mutating func next(route: Route) -> [MetricLook] {
    defer { look += 1 }
    let weight = route.weight ?? Self.assumedOfMatch
    let sizes =
      route.isMirror
      ? copy(
        weight.copied(
          atMost: traffic.copiesPerSecond[route], atRate: traffic.requestsPerSecond))
      : split(weight)
    return traffic.metrics.indices.map { index in
      failures[index].look(of: sizes, traffic.metrics[index], weight: weight, look: look)
    }
  }

  /// Sends a copy of some requests to the candidate; stable answers all.
  ///
  /// What answers a copy fails by itself. In truth the same request tends to fail twice, which makes the two
  /// arms more alike, so that this is the harder case for the tests.
  private mutating func copy(_ share: Ratio) -> ArmSizes {
    let all = requests.poisson(mean: traffic.requestsPerSecond * traffic.secondsPerLook)
    let copies = requests.binomial(trials: all, share: share.value)
    return ArmSizes(candidate: copies, stable: all, baseline: nil)
  }

  /// Routes each request of a look at random, as a proxy does.
  ///
  /// The baseline gets what the candidate gets, or all the rest where that is less.
  private mutating func split(_ weight: PerMille) -> ArmSizes {
    let all = requests.poisson(mean: traffic.requestsPerSecond * traffic.secondsPerLook)
    let candidate = requests.binomial(trials: all, share: Double(weight.value) / 1000)
    guard traffic.hasBaseline, weight < .all else {
      return ArmSizes(candidate: candidate, stable: all - candidate, baseline: nil)
    }
    let share = Double(weight.value) / Double(weight.complement.value)
    let baseline = requests.binomial(trials: all - candidate, share: share)
    return ArmSizes(
      candidate: candidate, stable: all - candidate - baseline, baseline: baseline)
  }
}

/// How many requests each arm answered.
struct ArmSizes {
  let candidate: Int
  let stable: Int
  let baseline: Int?
}

/// One metric's bad requests, and the conditions that its pattern carries from look to look.
private struct Failures: Sendable {
  private let pattern: Traffic.Pattern
  private let onset: Int
  private var conditions: TrafficConditions
  private var random: SplitMix64

  init(_ traffic: Traffic, random: SplitMix64) {
    pattern = traffic.pattern
    onset = traffic.onset
    conditions = TrafficConditions(traffic, random: random.child(0))
    self.random = random
  }

  mutating func look(
    of sizes: ArmSizes, _ metric: Traffic.Metric, weight: PerMille, look index: Int
  ) -> MetricLook {
    let factors = conditions.next(weight: weight, look: index)
    let candidate = index < onset ? metric.stable : metric.candidate
    return MetricLook(
      candidate: trials(sizes.candidate, candidate * factors.candidate),
      stable: trials(sizes.stable, metric.stable * factors.stable),
      baseline: sizes.baseline.map { trials($0, metric.stable * factors.baseline) })
  }

  private mutating func trials(_ total: Int, _ share: Double) -> Trials {
    let bad = min(total, bad(of: total, share))
    guard let trials = Trials(bad: bad, total: total) else {
      preconditionFailure("\(bad) bad of \(total)")
    }
    return trials
  }

  private mutating func bad(of total: Int, _ share: Double) -> Int {
    guard case .clusters(let meanSize) = pattern else {
      return random.binomial(trials: total, share: share)
    }
    let clusters = random.poisson(mean: Double(total) * min(share, 1) / meanSize)
    return clusters + random.negativeBinomial(successes: clusters, share: 1 / meanSize)
  }
}
