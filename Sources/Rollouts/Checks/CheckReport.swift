package import Analysis

/// One objective, evaluated now.
package enum CheckVerdict: String, Equatable, Sendable, Codable {
  /// The candidate is proven to keep the promise, and does so in this step.
  case pass
  case fail
  case inconclusive
  case noData
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

  /// Returns this tally in requests, when each was so many trials.
  func rounded(to worth: Int) -> Tally {
    var tally = Tally()
    (tally.bad, tally.total) = (bad.rounded(to: worth), total.rounded(to: worth))
    return tally
  }

  /// The bad share; 0 without a request.
  package var share: Ratio { Ratio(bad, of: total) }

  /// The tally as trials of one look, to be tested; none when it can no longer be counted.
  var trials: Trials { Trials(bad: bad, total: total) ?? .none }
}

/// A non-negative factor in thousandths, or infinity.
///
/// In a record it is a decimal string: "6.1", "infinity".
package struct Factor: Equatable, Sendable, CustomStringConvertible {
  /// nil for infinity.
  let thousandths: Int?

  package static let none = Factor(0)
  package static let infinity = Factor(.infinity)

  package init(_ value: Double) {
    thousandths = value < 1e12 ? Int((value * 1000).rounded()) : nil
  }

  /// Two significant digits: "6.1", "0.35", "120".
  package var description: String {
    guard let thousandths else { return "infinity" }
    return decimal(thousandths.roundedToTwoDigits)
  }

  /// To the thousandth: "1.053".
  package var fine: String { thousandths.map(decimal) ?? "infinity" }

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
    try container.encode(fine)
  }
}

extension [CheckReport] {
  /// What failed, the one with the most evidence first; nil when nothing did.
  func breach(isOfServer: Bool = false, hasWayBack: Bool = true) -> Reason.Breach? {
    let failed = filter { $0.verdict == .fail }
    guard let worst = failed.max(by: { $0.logE.total < $1.logE.total }) else { return nil }
    return Reason.Breach(
      objective: worst.objective, share: worst.candidate.share,
      also: failed.map(\.objective.name).filter { $0 != worst.objective.name },
      isOfServer: isOfServer, hasWayBack: hasWayBack)
  }

  /// Returns what lets a candidate go on.
  ///
  /// The first to serve completes its bake whatever is proven, and whatever the manifest says of
  /// inconclusive steps.
  func warrant(
    isFirst: Bool, isClean: Bool, isAsked: Bool, hasWon: Bool
  ) -> Reason.Warrant {
    if hasWon { return .won }
    guard !isEmpty else { return .noObjectives }
    guard contains(where: { $0.candidate.total > 0 }) else { return .noRequests }
    if allSatisfy({ $0.verdict == .pass }) { return .proven }
    return isFirst ? .first : isClean ? .clean : isAsked ? .asked : .policy
  }

  /// The requests that the candidate got, of all that were counted.
  var split: (candidate: Int, all: Int) {
    let candidate = map(\.candidate.total).max() ?? 0
    let stable = map(\.stable.total).max() ?? 0
    let baseline = compactMap(\.baseline?.total).max() ?? 0
    return (candidate, candidate.adding(saturating: stable).adding(saturating: baseline))
  }
}
