import Analysis
import Peers

/// A sequential test of which arm bad events come from.
protocol EventTest: Sendable {
  mutating func observe(isCandidate: Bool)
  /// The logarithm of the evidence that the candidate has more than its share.
  var logE: Double { get }
}

/// The likelihood ratio against the truth: nobody can be faster, and nobody knows the truth.
struct Oracle: EventTest {
  /// What an event of the candidate adds, and one of stable.
  private let gains: (candidate: Double, stable: Double)
  private(set) var logE = 0.0

  init(share: Double, truth: Double) {
    gains = (log(truth / share), log((1 - truth) / (1 - share)))
  }

  mutating func observe(isCandidate: Bool) {
    logE += isCandidate ? gains.candidate : gains.stable
  }
}

/// The interval bet, when every look holds one bad event.
struct BetOnEvents: EventTest {
  private let share: Double
  private var bet = IntervalBet()

  init(share: Double) { self.share = share }

  mutating func observe(isCandidate: Bool) { bet.bet(on: isCandidate ? 1 / share : 0) }

  var logE: Double { bet.logE }
}

extension LindonMalek: EventTest {
  init(share: Double, concentration: Double) {
    self.init(shares: [share, 1 - share], concentration: concentration)
  }

  mutating func observe(isCandidate: Bool) { observe(arm: isCandidate ? 0 : 1) }
}
