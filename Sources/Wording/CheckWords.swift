import Analysis
package import Rollouts

// How a check is told to people.

extension CheckReport {
  /// "errors 4.1% (2.6% to 6%) against a limit of 1%: fail, after 212 requests".
  package var summary: String {
    guard candidate.total > 0 else {
      return "\(objective.name): no data, no \(objective.whatIsCounted) to judge by"
    }
    let counted = "\(brief) (\(range.low.short) to \(range.high.short))"
    return "\(counted)\(comparison) against a limit of \(objective.allowed): "
      + "\(verdict.rawValue), after \(candidate.total) \(objective.whatIsCounted)\(advice)"
  }

  /// "errors 4.1%".
  package var brief: String { "\(objective.label) \(candidate.share.short)" }

  /// Told when the comparison, more than the limit, is what speaks against the candidate.
  private var comparison: String {
    guard logE.comparison > max(logE.promise, Self.worthTelling) else { return "" }
    let range =
      effect.high == .infinity ? "at least \(effect.low)" : "\(effect.low) to \(effect.high)"
    return ", \(range) times the odds of \(baseline == nil ? "stable" : "the baseline"),"
  }

  /// Evidence of 10.
  private static let worthTelling = 2303

  /// Told when it is the histogram that leaves the check open.
  private var advice: String {
    guard verdict == .inconclusive, possiblyBad > candidate.bad,
      Ratio(possiblyBad, of: candidate.total) > objective.allowed
    else { return "" }
    return "; \(possiblyBad - candidate.bad) of them cannot be told apart, since the limit is no "
      + "edge of the histogram: promise one"
  }
}

extension Objective {
  /// The promise in words: "errors < 1%", "p99 < 250ms", and of one step "p99 < 150ms (5%)".
  package var words: String { limit + (during.map { " (\($0.label))" } ?? "") }

  private var limit: String {
    switch promise {
    case .errors(let below): "errors < \(below)"
    case .latency(let percentile, let below): "p\(percentile.description.dropLast()) < \(below)ms"
    case .badInputs(let below): "bad inputs < \(below)"
    case .badOutputs(let below): "bad outputs < \(below)"
    case .labels(let below): "wrong by the labels < \(below)"
    case .disagreement(let below, _): "answers unlike stable's < \(below)"
    }
  }

  /// "errors", "latency-p99 slower than 250ms".
  var label: String {
    guard case .latency = promise else { return name }
    return "\(name) \(whatIsBad)"
  }

  /// What is counted as bad: "errors", "slower than 250ms".
  package var whatIsBad: String {
    switch promise {
    case .errors: "errors"
    case .latency(_, let below): "slower than \(below)ms"
    case .badInputs, .badOutputs: "outside the profile's contract"
    case .labels: "wrong predictions"
    case .disagreement: "unlike stable's"
    }
  }

  /// What is counted: "requests".
  package var whatIsCounted: String {
    switch promise {
    case .errors, .latency: "requests"
    case .badInputs, .badOutputs: "samples"
    case .labels: "labels"
    case .disagreement: "pairs of answers"
    }
  }
}

extension [CheckReport] {
  /// "errors 20% (17% to 23%) against a limit of 1%: fail, after 2000 requests; also latency-p99".
  func sentence(of breach: Reason.Breach) -> String {
    let worst = first { $0.objective == breach.objective }
    let also = breach.also.isEmpty ? "" : "; also \(breach.also.joined(separator: ", "))"
    return (worst?.summary ?? breach.brief) + also
  }

  /// "2 of 2 objectives proven, after 412 requests at this share: errors 0.1%".
  func progress() -> String {
    let requests = map(\.candidate.total).max() ?? 0
    let proven = count { $0.verdict == .pass }
    let numbers = map { "\($0.objective.name) \($0.candidate.share.short)" }
    return "\(proven) of \(count) objectives proven, after \(requests) requests at this share: "
      + numbers.joined(separator: ", ")
  }
}

extension Reason.Breach {
  /// "errors 4.1%".
  var brief: String { "\(objective.label) \(share.short)" }
}
