package import Analysis

/// One objective, evaluated now.
package enum CheckVerdict: String, Equatable, Sendable, Codable {
  /// The candidate is proven to keep the promise, and does so in this step.
  case pass
  case fail
  case undecided
  case blind
}

/// The evaluation of one objective, with the numbers it rests on.
package struct CheckReport: Equatable, Sendable, Codable {
  package let objective: Objective
  package let verdict: CheckVerdict
  /// What the candidate did since the step began to count.
  package let candidate: Tally
  package let stable: Tally
  /// What it was compared with, when that is not stable itself.
  package let baseline: Tally?
  /// The requests of the candidate that may have been bad: more than `candidate.bad` only when the
  /// latency promised is no edge of the histogram.
  package let possiblyBad: Int
  /// What covers the candidate's true share of bad requests, at the confidence of the rollout.
  package let range: Range
  /// How many times the odds of what it is compared with the candidate's are, covered in the same
  /// way.
  package let effect: Effect
  package let logE: LogE

  package struct Range: Equatable, Sendable, Codable {
    package let low: Ratio
    package let high: Ratio
  }

  package struct Effect: Equatable, Sendable, Codable {
    package let low: Factor
    package let high: Factor
  }

  /// Natural logarithms of evidence, in thousandths.
  package struct LogE: Equatable, Sendable, Codable {
    /// Against the candidate: what the rollout is decided on, together with the other objectives.
    package let total: Int
    /// Against the promise; 0 when candidate and baseline are only compared.
    package let promise: Int
    /// Against being as good as stable, or as the baseline.
    package let comparison: Int
    /// For the promise.
    package let proof: Int
  }
}

/// Requests counted, and how many of them broke the promise.
package struct Tally: Equatable, Sendable, Codable {
  package private(set) var bad = 0
  package private(set) var total = 0

  package init() {}

  package mutating func add(_ trials: Trials) {
    bad = bad.adding(saturating: trials.bad)
    total = total.adding(saturating: trials.total)
  }

  /// The same in requests, when each was so many trials.
  func rounded(to worth: Int) -> Tally {
    var tally = Tally()
    (tally.bad, tally.total) = (bad.rounded(to: worth), total.rounded(to: worth))
    return tally
  }

  /// The bad share; 0 without a request.
  package var share: Ratio { Ratio(bad, of: total) }

  /// The same as trials of one look, to be tested; none when it can no longer be counted.
  var trials: Trials { Trials(bad: bad, total: total) ?? .none }
}

/// A non-negative factor in thousandths, or infinity.
///
/// In a record it is a decimal string: "6.1", "infinity".
package struct Factor: Equatable, Sendable, CustomStringConvertible {
  /// nil for infinity.
  let thousandths: Int?

  static let infinity = Factor(.infinity)

  package init(_ value: Double) {
    thousandths = value < 1e12 ? Int((value * 1000).rounded()) : nil
  }

  /// Two significant digits: "6.1", "0.35", "120".
  package var description: String {
    guard let thousandths else { return "infinity" }
    return decimal(thousandths.roundedToTwoDigits)
  }

  private func decimal(_ thousandths: Int) -> String {
    var fraction = String(thousandths % 1000 + 1000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(thousandths / 1000)\(fraction.isEmpty ? "" : ".")\(fraction)"
  }
}

extension Factor: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard text == "infinity" || Double(text).map({ $0 >= 0 && $0.isFinite }) == true else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no factor")
    }
    self.init(Double(text) ?? .infinity)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(thousandths.map(decimal) ?? "infinity")
  }
}

// How a check is told to people.

extension CheckReport {
  /// "errors 4.1% (2.6% to 6%) against a limit of 1%: fail, after 212 requests".
  package var summary: String {
    guard candidate.total > 0 else {
      return "\(objective.name): blind, no \(objective.whatIsCounted) to judge by"
    }
    let counted = "\(brief) (\(range.low.short) to \(range.high.short))"
    return "\(counted)\(comparison) against a limit of \(objective.allowed): "
      + "\(verdict.rawValue), after \(candidate.total) \(objective.whatIsCounted)\(advice)"
  }

  /// "errors 4.1%".
  var brief: String { "\(label) \(candidate.share.short)" }

  private var label: String {
    guard case .latency = objective.promise else { return objective.name }
    return "\(objective.name) \(objective.whatIsBad)"
  }

  /// Told when the comparison, more than the limit, is what speaks against the candidate.
  private var comparison: String {
    guard logE.comparison > max(logE.promise, Self.worthTelling) else { return "" }
    let range =
      effect.high == .infinity ? "at least \(effect.low)" : "\(effect.low) to \(effect.high)"
    return ", \(range) times the odds of \(baseline == nil ? "stable" : "the baseline"),"
  }

  /// How the reason of a decision begins that was made because `onUndecided` is promote.
  package static let goesOnUndecided = "undecided, but onUndecided is promote"

  /// Evidence of 10.
  private static let worthTelling = 2303

  /// Told when it is the histogram that leaves the check open.
  private var advice: String {
    guard verdict == .undecided, possiblyBad > candidate.bad,
      Ratio(possiblyBad, of: candidate.total) > objective.allowed
    else { return "" }
    return "; \(possiblyBad - candidate.bad) of them cannot be told apart, since the limit is no "
      + "edge of the histogram: promise one"
  }
}

extension [CheckReport] {
  /// "errors 20% (17% to 23%) against a limit of 1%: fail, after 2000 requests; also latency-p99".
  var whyItFailed: String {
    let failed = filter { $0.verdict == .fail }
    let worst = failed.max { $0.logE.total < $1.logE.total }
    let others = failed.map(\.objective.name).filter { $0 != worst?.objective.name }
    let also = others.isEmpty ? "" : "; also \(others.joined(separator: ", "))"
    return (worst?.summary ?? "") + also
  }

  /// The worst of what failed, in a few words: "errors 20%"; nil when nothing did.
  var whatFailed: String? {
    filter { $0.verdict == .fail }.max { $0.logE.total < $1.logE.total }?.brief
  }

  /// Returns the reason to go on: "2 of 2 objectives proven, after 412 requests at this share: …".
  ///
  /// The first to serve completes its bake whatever is proven, and whatever the manifest says of
  /// undecided steps.
  func whyItGoesOn(isFirst: Bool, isClean: Bool) -> String {
    let requests = map(\.candidate.total).max() ?? 0
    guard !isEmpty else { return "no objectives to meet" }
    guard requests > 0 else { return "nobody sent a request to judge by" }
    let proven = count { $0.verdict == .pass }
    let numbers = map { "\($0.objective.name) \($0.candidate.share.short)" }
    let why =
      proven == count
      ? ""
      : isFirst
        ? "the first to serve: nothing to compare with; "
        : isClean ? "nothing speaks against it, " : "\(CheckReport.goesOnUndecided), "
    return "\(why)\(proven) of \(count) objectives proven, "
      + "after \(requests) requests at this share: "
      + numbers.joined(separator: ", ")
  }

  /// "12 of 400 requests".
  var split: String {
    let candidate = map(\.candidate.total).max() ?? 0
    let stable = map(\.stable.total).max() ?? 0
    let baseline = compactMap(\.baseline?.total).max() ?? 0
    let all = candidate.adding(saturating: stable).adding(saturating: baseline)
    return "\(candidate) of \(all) requests"
  }
}
