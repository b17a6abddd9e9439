/// Which of two arms has more of its entities reach a goal: a customer buys, a user comes back.
///
/// The safe log-rank test (ter Schure, Pérez-Ortiz, Ly and Grünwald 2020). An entity waits from when it was
/// first answered until it reaches the goal. While both arms have the same rate, whoever reaches it next is
/// of the candidate's arm with the share that the arm has of those who wait. So an entity counts once,
/// however many requests it makes, and how many of either arm there are needs no assumption. A bet on
/// that share is a test martingale at any number of looks.
///
/// Several that reach it in one look are drawn without replacement, which makes bets as of independent draws
/// too careful, never too bold (Hoeffding 1963).
package struct GoalTest: Equatable, Sendable, Codable {
  /// What one arm's entities did: in one look, or since the test began.
  package struct Arm: Equatable, Sendable, Codable {
    /// Those that were answered for the first time.
    package let entities: Int
    /// Those of the arm that reached the goal for the first time.
    package let reached: Int

    package init(entities: Int, reached: Int) {
      self.entities = entities
      self.reached = reached
    }

    package static let none = Arm(entities: 0, reached: 0)

    /// Those that may still reach the goal.
    fileprivate var waiting: Int { entities - reached }

    /// Returns the arm after a look; nil when its counts contradict each other.
    fileprivate func after(_ look: Arm) -> Arm? {
      guard look.entities >= 0, look.reached >= 0 else { return nil }
      let sum = Arm(
        entities: entities.adding(saturating: look.entities),
        reached: reached.adding(saturating: look.reached))
      return sum.reached <= sum.entities && sum.entities <= 1 << 53 ? sum : nil
    }
  }

  private static let more = BettingStrategy.odds(cluster: 1)
  private static let fewer = BettingStrategy.inverseOdds(cluster: 1)

  package private(set) var candidate = Arm.none
  package private(set) var stable = Arm.none
  private var oftener = TestMartingales(count: more.count)
  private var rarer = TestMartingales(count: fewer.count)

  package init() {}

  /// Takes one look into account; what cannot be is no data.
  ///
  /// Those who came since the last look may have reached the goal in it, so they are among those who wait.
  package mutating func look(candidate look: Arm, stable other: Arm) {
    guard let candidate = candidate.after(look), let stable = stable.after(other) else { return }
    let waiting = (candidate.waiting + look.reached, stable.waiting + other.reached)
    (self.candidate, self.stable) = (candidate, stable)
    let reached = look.reached + other.reached
    guard reached > 0, waiting.0 > 0, waiting.1 > 0 else { return }
    let share = Double(waiting.0) / Double(waiting.0 + waiting.1)
    let bet = Bet(hits: look.reached, trials: reached, share: share)
    oftener.advance(by: Self.more.increments(of: bet))
    rarer.advance(by: Self.fewer.increments(of: bet))
  }

  /// The logarithm of the evidence that the candidate's entities reach the goal more often.
  package var logMore: Double { oftener.logE }

  /// The logarithm of the evidence that they reach it less often.
  package var logFewer: Double { rarer.logE }

  /// Returns what covers how many times as often the candidate's entities reach the goal: with probability
  /// `1 - alpha` at all looks together.
  ///
  /// All ratios that the mixture of all bets does not beat 1/alpha times. The wealth of a bet is how many
  /// times as likely its ratio is as 1, so the ends are bets: the nearest ones that are beaten.
  package func effect(alpha: Double) -> Interval {
    let bets = BettingStrategy.logOdds
    let likelihoods =
      zip(bets, rarer.logWealth).reversed().map { (-$0, $1) } + [(0, 0)]
      + zip(bets, oftener.logWealth)
    let bar = logSum(logMore, logFewer) - log(2) + log(alpha)
    let best = likelihoods.indices.max { likelihoods[$0].1 < likelihoods[$1].1 } ?? 0
    let low = likelihoods[..<best].last { $0.1 < bar }
    let high = likelihoods[best...].first { $0.1 < bar }
    return Interval(low: low.map { exp($0.0) } ?? 0, high: high.map { exp($0.0) } ?? .infinity)
  }
}
