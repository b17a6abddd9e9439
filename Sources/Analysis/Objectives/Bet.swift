/// One look at one question, reduced to what every test needs: of so many chances, so many went
/// against the candidate, and how many would have if it were exactly as bad as is tolerated.
struct Bet: Equatable, Sendable {
  let hits: Int
  let trials: Int
  /// The share of hits at the boundary of what is tolerated, in (0, 1).
  let share: Double

  /// Asks whether the candidate breaks its promise.
  ///
  /// - Parameters:
  ///   - arms: What was counted.
  ///   - limit: The share of bad requests that is tolerated, in (0, 1).
  /// - Returns: nil when the candidate had no request.
  static func promise(_ arms: Arms, limit: Double) -> Bet? {
    guard arms.candidate.total > 0 else { return nil }
    return Bet(hits: arms.candidate.bad, trials: arms.candidate.total, share: limit)
  }

  /// Asks whether the candidate is worse than stable, which answers the same traffic at the same time.
  ///
  /// Given the bad requests of both arms, each is the candidate's with the odds of their request
  /// counts; whatever makes both arms worse at once cancels. The counts are this look's, so the
  /// shares may change at every look.
  ///
  /// - Parameters:
  ///   - arms: What was counted.
  ///   - oddsRatio: How many times the odds of stable are tolerated, 1 or more.
  /// - Returns: nil when nothing was bad or an arm had no request.
  static func comparison(_ arms: Arms, oddsRatio: Double) -> Bet? {
    let bad = arms.candidate.bad + arms.stable.bad
    guard bad > 0, arms.candidate.total > 0, arms.stable.total > 0 else { return nil }
    let odds = Double(arms.candidate.total) / Double(arms.stable.total) * oddsRatio
    return Bet(hits: arms.candidate.bad, trials: bad, share: odds / (1 + odds))
  }

  /// Asks whether the candidate loses more often than it wins against a baseline that was started
  /// afresh beside it with the same share: heads or tails, if they are equals.
  ///
  /// - Returns: nil when neither was worse, or an arm had no request.
  static func duel(_ arms: Arms) -> Bet? {
    guard arms.candidate.total > 0, arms.stable.total > 0 else { return nil }
    let (candidate, baseline) = (arms.candidate.share, arms.stable.share)
    guard candidate != baseline else { return nil }
    return Bet(hits: candidate > baseline ? 1 : 0, trials: 1, share: 0.5)
  }
}
