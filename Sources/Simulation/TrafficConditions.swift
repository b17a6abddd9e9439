import Randomness
import Rollouts

/// What multiplies the arms' bad shares in each look: the weather in which revisions are compared.
struct TrafficConditions: Sendable {
  struct Factors: Sendable {
    var candidate = 1.0
    var stable = 1.0
    var baseline = 1.0
  }

  private let pattern: Traffic.Pattern
  private let secondsPerLook: Double
  private let hasBaseline: Bool
  private var random: SplitMix64
  /// The first look after the last incident.
  private var incidentEnd = 0
  private var pods: Pods?

  init(_ traffic: Traffic, random: SplitMix64) {
    pattern = traffic.pattern
    secondsPerLook = traffic.secondsPerLook
    hasBaseline = traffic.hasBaseline
    self.random = random
  }

  mutating func next(weight: PerMille, look: Int) -> Factors {
    switch pattern {
    case .independent, .clusters: Factors()
    case .sharedIncidents: incidents(look)
    case .pods(let variation): podFactors(variation, weight, look)
    }
  }

  /// Incidents begin at random and may overlap.
  private mutating func incidents(_ look: Int) -> Factors {
    if random.uniform() < secondsPerLook / Self.secondsBetweenIncidents {
      incidentEnd = look + max(1, Int((Self.secondsOfIncident / secondsPerLook).rounded()))
    }
    let factor = look < incidentEnd ? 10.0 : 0.7
    return Factors(candidate: factor, stable: factor, baseline: factor)
  }

  private static let secondsBetweenIncidents = 600.0
  private static let secondsOfIncident = 30.0

  /// Factors for one minute, or until there are other pods.
  private struct Pods {
    let minute: Int
    let candidates: Int
    let factors: Factors
  }

  private mutating func podFactors(
    _ variation: Double, _ weight: PerMille, _ look: Int
  ) -> Factors {
    let minute = Int(Double(look) * secondsPerLook / 60)
    let candidates = max(1, (weight.value + 25) / 50)
    if let pods, pods.minute == minute, pods.candidates == candidates { return pods.factors }
    let factors = Factors(
      candidate: average(of: candidates, variation),
      stable: average(of: max(1, 20 - candidates * (hasBaseline ? 2 : 1)), variation),
      baseline: average(of: candidates, variation))
    pods = Pods(minute: minute, candidates: candidates, factors: factors)
    return factors
  }

  /// The mean of so many pods' factors, which is gamma distributed as each of them is.
  private mutating func average(of pods: Int, _ variation: Double) -> Double {
    guard variation > 0 else { return 1 }
    let shape = Double(pods) / (variation * variation)
    return random.gamma(shape: shape) / shape
  }
}
