import Analysis
import Peers

/// A sequential test of which arm bad events come from.
protocol EventTest: Sendable {
  mutating func observe(isCandidate: Bool)
  /// Whether the evidence is enough that the candidate has more than its share.
  var hasDecided: Bool { get }
}

/// The likelihood ratio against the truth: nobody can be faster, and nobody knows the truth.
struct Oracle: EventTest {
  /// What an event of the candidate adds, and one of stable.
  private let gains: (candidate: Double, stable: Double)
  private var logE = 0.0

  init(share: Double, truth: Double) {
    gains = (log(truth / share), log((1 - truth) / (1 - share)))
  }

  mutating func observe(isCandidate: Bool) {
    logE += isCandidate ? gains.candidate : gains.stable
  }

  var hasDecided: Bool { logE >= log(1 / Ours.alpha) }
}

/// Serin's comparison without tolerance, when every look holds one bad event.
struct OursOnEvents: EventTest {
  private var test: ObjectiveTest
  private let looks: (candidate: Arms, stable: Arms)

  /// - Parameters:
  ///   - dependence: The profile.
  ///   - perMille: The candidate's share of the traffic.
  init(_ dependence: Dependence, perMille: Int) {
    let total = (candidate: perMille, stable: 1000 - perMille)
    test = ObjectiveTest(.init(dependence: dependence, tolerance: 0, look: 5000))
    test.beginStep(Self.limit)
    looks = (
      Arms(candidate: Self.trials(1, total.candidate), stable: Self.trials(0, total.stable)),
      Arms(candidate: Self.trials(0, total.candidate), stable: Self.trials(1, total.stable))
    )
  }

  mutating func observe(isCandidate: Bool) {
    let arms = isCandidate ? looks.candidate : looks.stable
    test.look(arms, possible: arms.candidate, limit: Self.limit)
  }

  var hasDecided: Bool { test.logComparison >= Ours.logLimitOfOneStart }

  /// Not asked here: only the comparison is.
  private static let limit = ObjectiveTest.Limit(allowed: 0.5)

  private static func trials(_ bad: Int, _ total: Int) -> Trials {
    guard let trials = Trials(bad: bad, total: total) else {
      preconditionFailure("\(bad) bad of \(total)")
    }
    return trials
  }
}

extension LindonMalek: EventTest {
  init(share: Double, concentration: Double) {
    self.init(shares: [share, 1 - share], concentration: concentration)
  }

  mutating func observe(isCandidate: Bool) { observe(arm: isCandidate ? 0 : 1) }

  var hasDecided: Bool { logE >= log(1 / Ours.alpha) }
}
