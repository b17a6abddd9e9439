package import Rollouts

// How an A/B test is told to people.

extension GoalReport {
  /// "conversion: 12% of 4980 entities, and 10% of 5020 with stable, 1.105 to 1.331 times as often: better".
  package var summary: String {
    guard candidate.seen + stable.seen > 0 else { return "\(goal.metric): no entity was seen yet" }
    return "\(goal.metric): \(candidate.share.short) of \(candidate.seen) entities, and "
      + "\(stable.share.short) of \(stable.seen) with stable, \(range): \(verdict.rawValue)"
  }

  private var range: String {
    switch (effect.low == .none, effect.high == .infinity) {
    case (true, true): "how many times as often is not known"
    case (true, false): "at most \(effect.high.fine) times as often"
    case (false, true): "at least \(effect.low.fine) times as often"
    case (false, false): "\(effect.low.fine) to \(effect.high.fine) times as often"
    }
  }
}

extension ArmReport {
  /// What a candidate is called, and what its entities do.
  package var summary: String {
    guard let goal else { return revision.description }
    return "\(revision): \(goal.summary)"
  }
}

extension Goal {
  /// "conversion (higher is better)".
  package var words: String { "\(metric) (\(better.rawValue) is better)" }
}
