/// What is promised: one service level objective, as a largest allowed share of bad requests.
package enum Objective: Equatable, Hashable, Sendable, Codable, CustomStringConvertible {
  /// At most this share of requests may end in a 5xx, a reset or a timeout.
  case errors(below: Ratio)
  /// At most `1 - percentile` of the requests may take `below` or longer.
  ///
  /// `percentile` is in parts per million: 990,000 is p99.
  case latency(percentile: Ratio, below: Milliseconds)

  /// A whole number of milliseconds: the unit in which latencies are measured.
  package typealias Milliseconds = Int

  /// The largest share of bad requests that keeps the promise.
  package var allowed: Ratio {
    switch self {
    case .errors(let below): below
    case .latency(let percentile, _): Ratio(perMillion: 1_000_000 - percentile.perMillion)
    }
  }

  /// The name of the check: "errors", "latency-p99".
  package var name: String {
    switch self {
    case .errors: "errors"
    case .latency(let percentile, _): "latency-p\(percentile.description.dropLast())"
    }
  }

  /// The promise in words: "errors < 1%", "p99 < 250ms".
  package var description: String {
    switch self {
    case .errors(let below): "errors < \(below)"
    case .latency(let percentile, let below): "p\(percentile.description.dropLast()) < \(below)ms"
    }
  }
}

/// How sure the analysis must be, and what happens when it cannot be.
package struct AnalysisSettings: Equatable, Sendable, Codable {
  package enum OnBlind: String, Sendable, Codable { case hold, rollback }
  package enum OnUndecided: String, Sendable, Codable { case hold, rollback, promote }

  /// 1 - alpha: a healthy model is kept with at least this probability over the whole rollout.
  package let confidence: Ratio
  /// The time between two looks.
  @InMilliseconds package var interval: Duration
  /// The requests of the candidate below which a step is undecided.
  package let minRequests: Int
  package let onBlind: OnBlind
  package let onUndecided: OnUndecided
  /// How long a step may go without data before `onBlind` applies.
  @InMilliseconds package var blindAfter: Duration

  package init(
    confidence: Ratio, interval: Duration, minRequests: Int, onBlind: OnBlind,
    onUndecided: OnUndecided, blindAfter: Duration
  ) {
    precondition(confidence.perMillion < 1_000_000, "certainty is not to be had")
    self.confidence = confidence
    self.interval = interval
    self.minRequests = minRequests
    self.onBlind = onBlind
    self.onUndecided = onUndecided
    self.blindAfter = blindAfter
  }
}
