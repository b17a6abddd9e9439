/// One tier's bets on all bins of one feature.
protocol BinLane: TierLane where Counts == BinArms {
  var martingales: BinMartingales { get set }
}

extension BinLane {
  /// Bets on what was counted; on nothing when there is nothing to compare.
  mutating func bet(
    _ tier: Dependence.Tier, _ arms: BinArms, against reference: DriftReference,
    _ settings: ObjectiveTest.Settings, _ advance: (inout TestMartingales, Increments) -> Void
  ) {
    guard reference.fits(arms, bins: martingales.bins) else { return }
    let oddsRatio = settings.oddsRatio(tier.slack)
    martingales.advance(
      tier.strategy,
      bet: { bin, change in
        reference.bet(arms, bin: bin, change, oddsRatio: oddsRatio, settings.dependence)
      }, advance)
  }
}

extension Array where Element: BinLane {
  /// Takes one look into account, unless it has other bins.
  mutating func look(
    _ arms: BinArms, against reference: DriftReference, _ settings: ObjectiveTest.Settings,
    bet: (inout Element, Dependence.Tier, BinArms) -> Void
  ) {
    guard allSatisfy({ reference.fits(arms, bins: $0.martingales.bins) }) else { return }
    look(arms, length: settings.look, of: settings.dependence, bet: bet)
  }

  /// The strongest shift of all tiers.
  var strongest: BinShift? {
    compactMap(\.martingales.strongest).max { $0.logWealth < $1.logWealth }
  }
}
