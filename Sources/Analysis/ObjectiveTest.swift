/// One objective's evidence against the candidate: against the promise, and against stable.
package struct ObjectiveTest: Equatable, Sendable, Codable {
  /// Against the promised share.
  package private(set) var absolute = StepStarts()
  /// Against the stable revision, which answers the same traffic at the same time.
  package private(set) var relative = StepStarts()

  /// How much worse than stable, in odds, is still tolerated: a quarter.
  ///
  /// It is part of the null hypothesis, so a candidate within it is never rolled back beyond alpha.
  package static let tolerance = 0.25

  package init() {}

  /// Starts one more copy of each test: a step begins.
  package mutating func beginStep() {
    absolute.begin()
    relative.begin()
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - candidate: What the candidate did since the last look.
  ///   - stable: What the stable revision did in the same time; `.none` when it had no traffic.
  ///   - allowed: The promised share, in (0, 1).
  package mutating func look(candidate: Trials, stable: Trials, allowed: Double) {
    guard candidate.total > 0 else { return }
    let limit = Self.limit(allowed, given: stable)
    absolute.bet(on: Double(candidate.bad) / Double(candidate.total) / limit)
    let bad = candidate.bad + stable.bad
    guard bad > 0, stable.total > 0 else { return }
    let odds = Double(candidate.total) / Double(stable.total) * (1 + Self.tolerance)
    relative.bet(on: Double(candidate.bad) / Double(bad) / (odds / (1 + odds)))
  }

  /// The logarithm of the evidence of both tests together, in equal parts.
  package var logE: Double { logMeanE([absolute.logE, relative.logE]) }

  /// The shared-incident guard: when stable itself breaks the promise in this very look, the candidate
  /// is held to what stable does.
  ///
  /// 2.33 standard deviations is the 99 % point; it never lowers the limit, so the guarantee for a
  /// candidate within the promise stands.
  static func limit(_ allowed: Double, given stable: Trials) -> Double {
    let expected = Double(stable.total) * allowed
    let bad = Double(stable.bad)
    guard bad > expected + 2.33 * expected.squareRoot() + 1 else { return allowed }
    return max(allowed, min((1 + tolerance) * bad / Double(stable.total), 0.999))
  }
}

/// Returns the logarithm of the average of e-values given by their logarithms; 0 for none.
///
/// The average is valid whatever the dependence between them, and never worse than Bonferroni.
package func logMeanE(_ logarithms: [Double]) -> Double {
  guard !logarithms.isEmpty else { return 0 }
  return logSumOfExponentials(logarithms) - log(Double(logarithms.count))
}
