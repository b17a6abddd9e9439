/// What live traffic is compared with, bin by bin.
package enum DriftReference: Equatable, Sendable {
  /// What the model was trained on. It concerns everything that serves, so it blames no revision.
  case profile(BinProfile)
  /// What stable does on the same traffic at the same time.
  ///
  /// Requests that are alike because one user sent them may all go to one arm, or each to any. What
  /// breaks the comparison is an arm that gets users with fewer requests each than the other.
  case stable

  /// Returns what is at stake in one bin: that it holds more than is tolerated, or fewer.
  ///
  /// Fewer in a bin is more outside of it; fewer than stable is more of stable. So both directions
  /// are the one question of every bet, at a tolerance of 1 or more, for which it is fair.
  ///
  /// - Returns: nil when an arm has no data, or the bin of both; for a profile also where nothing is
  ///   assumed but that equals are compared.
  func bet(
    _ arms: BinArms, bin: Int, _ change: BinChange, oddsRatio: Double, _ dependence: Dependence
  ) -> Bet? {
    switch self {
    case .profile(let profile):
      guard dependence != .matched, arms.candidate.total > 0,
        let trials = arms.candidate.trials(of: bin)
      else { return nil }
      return Bet(
        hits: change == .more ? trials.bad : trials.total - trials.bad, trials: trials.total,
        share: profile.limit(of: bin, change, oddsRatio: oddsRatio))
    case .stable:
      guard arms.candidate.total > 0, arms.stable.total > 0,
        let candidate = arms.candidate.trials(of: bin), let stable = arms.stable.trials(of: bin)
      else { return nil }
      let arms =
        change == .more
        ? Arms(candidate: candidate, stable: stable) : Arms(candidate: stable, stable: candidate)
      return dependence == .matched ? .duel(arms) : .comparison(arms, oddsRatio: oddsRatio)
    }
  }

  /// Whether the arms hold data for a comparison of so many bins.
  func fits(_ arms: BinArms, bins: Int) -> Bool {
    if case .profile(let profile) = self, profile.bins != bins { return false }
    return arms.hasBins(bins)
  }
}
