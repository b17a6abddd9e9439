/// Which of two arms has more of its entities reach a goal: a customer buys, a user comes back.
///
/// An entity's arm is drawn, whatever it will do. So while the goal is reached as often in both, the next entity
/// to reach it is the candidate's with the candidate's share: a coin, however many there are of either, whenever
/// they come, and however long they take. An entity counts once, however many requests it makes. A bet on
/// the coin is a test martingale at any number of looks (Ville's inequality).
package struct GoalTest: Equatable, Sendable, Codable {
  /// Entities of one arm, each counted once: in one look, or since the test began.
  package struct Entities: Equatable, Sendable, Codable {
    /// Those that were answered for the first time, however many requests they make.
    package let seen: Int
    /// Those of the arm that reached the goal for the first time.
    package let reached: Int

    package init(seen: Int, reached: Int) {
      self.seen = seen
      self.reached = reached
    }

    package static let none = Entities(seen: 0, reached: 0)

    /// Returns the sum after a look; nil when the counts cannot be.
    fileprivate func after(_ look: Entities) -> Entities? {
      guard look.seen >= 0, look.reached >= 0 else { return nil }
      let sum = Entities(
        seen: seen.adding(saturating: look.seen),
        reached: reached.adding(saturating: look.reached))
      return max(sum.seen, sum.reached) <= 1 << 53 ? sum : nil
    }
  }

  private static let more = BettingStrategy.odds(cluster: 1)
  private static let fewer = BettingStrategy.inverseOdds(cluster: 1)

  package private(set) var candidate = Entities.none
  package private(set) var stable = Entities.none
  private var oftener = TestMartingales(count: more.count)
  private var rarer = TestMartingales(count: fewer.count)

  package init() {}

  /// Takes one look into account; what cannot be is no data.
  ///
  /// - Parameters:
  ///   - look: What the candidate's entities did since the last look.
  ///   - other: What stable's did.
  ///   - share: The share of the entities that the candidate was given, in (0, 1).
  package mutating func look(candidate look: Entities, stable other: Entities, share: Double) {
    guard let candidate = candidate.after(look), let stable = stable.after(other) else { return }
    (self.candidate, self.stable) = (candidate, stable)
    let reached = look.reached + other.reached
    guard reached > 0 else { return }
    let bet = Bet(hits: look.reached, trials: reached, share: share)
    oftener.advance(by: Self.more.increments(of: bet))
    rarer.advance(by: Self.fewer.increments(of: bet))
  }

  /// The logarithm of the evidence that the candidate's entities reach the goal more often.
  package var logMore: Double { oftener.logE }

  /// The logarithm of the evidence that they reach it less often.
  package var logFewer: Double { rarer.logE }

  /// Returns what covers how many times as often the candidate's entities reach the goal, at all looks together:
  /// it is wrong with a probability of at most `2 * alpha`.
  ///
  /// All ratios that the mixture of all bets does not beat 1/(2 alpha) times; so 1 is none of them once either
  /// evidence is 1/alpha. It holds while the share is constant, as it is within a step.
  package func effect(alpha: Double, share: Double) -> Interval {
    let (own, all) = (Double(candidate.reached), Double(candidate.reached + stable.reached))
    guard all > 0 else { return Interval(low: 0, high: .infinity) }
    let bar = logSum(logMore, logFewer) + log(alpha)
    // How many times as likely what was seen is as with a ratio of 1.
    let isInside = { (logRatio: Double) in
      own * logRatio - all * log1p(share * (exp(logRatio) - 1)) > bar
    }
    let farthest = 20.0
    let best = log((own + 1e-9) / (all - own + 1e-9)) - log(share / (1 - share))
    let middle = max(-farthest, min(farthest, best))
    let ends = [-farthest, farthest].map {
      isInside($0) ? $0 : bisect(inside: middle, outside: $0, isInside: isInside)
    }
    return Interval(
      low: ends[0] == -farthest ? 0 : exp(ends[0]),
      high: ends[1] == farthest ? .infinity : exp(ends[1]))
  }
}
