package import Analysis
package import Rollouts

/// Requests that nobody sent: what two revisions would answer under stated conditions.
///
/// `TrafficStream` makes counts of it, look by look. Times and rates are those of the real world, so
/// that a simulated rollout reads like a real one.
package struct Traffic: Equatable, Sendable {
  /// On average; what arrives in a look is a Poisson count.
  package var requestsPerSecond: Double
  package var secondsPerLook: Double
  package var metrics: [Metric]
  /// The look, from 0, at which the candidate's shares become its own; until then it is like stable.
  package var onset: Int
  package var pattern: Pattern
  /// Whether a third arm behaves like stable and gets as many requests as the candidate.
  package var hasBaseline: Bool
  /// What is predicted, where that is to be compared.
  package var predictions: Predictions?
  /// What entities do, where an A/B test is decided on it.
  package var entities: EntityTraffic?
  /// How many requests a second each mirror copies at most, where it has a limit.
  package var copiesPerSecond: [Route: Int] = [:]

  package init(
    requestsPerSecond: Double, secondsPerLook: Double = 5, metrics: [Metric], onset: Int = 0,
    pattern: Pattern = .independent, hasBaseline: Bool = false
  ) {
    let mean = requestsPerSecond * secondsPerLook
    precondition(mean > 0 && mean <= 1e6, "\(mean) requests a look")
    self.requestsPerSecond = requestsPerSecond
    self.secondsPerLook = secondsPerLook
    self.metrics = metrics
    self.onset = onset
    self.pattern = pattern
    self.hasBaseline = hasBaseline
  }

  /// The shares of bad requests by one measure, 0 to 1: errors, or answers slower than a limit.
  ///
  /// A pattern multiplies them; what it makes larger than 1 is 1.
  package struct Metric: Equatable, Sendable {
    package var stable: Double
    package var candidate: Double

    package init(stable: Double, candidate: Double) {
      for share in [stable, candidate] { precondition((0...1).contains(share), "share \(share)") }
      self.stable = stable
      self.candidate = candidate
    }
  }

  /// How bad requests come.
  ///
  /// Only the first is what textbooks assume. In each of the others both arms are equally good when
  /// their shares are equal: whatever rolls such a candidate back has made a mistake.
  package enum Pattern: Equatable, Sendable {
    /// Each request fails on its own.
    case independent
    /// Something that both arms need breaks, once in ten minutes: for half a minute ten times as many
    /// requests are bad. In between it is 0.7 times as many.
    case sharedIncidents
    /// Bad requests come in clusters that stay in one arm and one look, of a geometric size with this
    /// mean: a client that retries, a batch, a poisoned cache entry.
    case clusters(meanSize: Double)
    /// Every pod has a good or a bad minute: its shares are multiplied by a gamma distributed factor
    /// with mean 1 and this coefficient of variation. The candidate has a pod for each 5% of the
    /// traffic, at least one, of twenty in all; the baseline has as many.
    case pods(variation: Double)
  }
}

/// What the arms did in one look, by one metric.
package struct MetricLook: Equatable, Sendable {
  package let candidate: Trials
  package let stable: Trials
  /// A fresh copy of stable with as much traffic as the candidate, where there is one.
  package let baseline: Trials?

  package init(candidate: Trials, stable: Trials, baseline: Trials? = nil) {
    self.candidate = candidate
    self.stable = stable
    self.baseline = baseline
  }

  /// The candidate and everything else: the baseline is counted as stable, whose revision it is.
  package var withoutBaseline: Arms {
    guard let baseline else { return Arms(candidate: candidate, stable: stable) }
    let (bad, total) = (stable.bad + baseline.bad, stable.total + baseline.total)
    guard let all = Trials(bad: bad, total: total) else {
      preconditionFailure("\(bad) bad of \(total)")
    }
    return Arms(candidate: candidate, stable: all)
  }
}
