/// Watches one feature of whatever serves, forgetting the time in which nothing moved.
///
/// An e-detector, as `Detector` is: while every bin's odds are within the tolerance, the mean number
/// of looks until exp(`logE`) first reaches A is at least A.
package struct DriftDetector: FeatureEvidence {
  private struct Lane: BinLane {
    var martingales: BinMartingales
    var block = Block<BinArms>()

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey { case martingales = "players", block }

    var logE: Double { martingales.logE }
  }

  private let settings: ObjectiveTest.Settings
  private var lanes: [Lane]
  package private(set) var looksSinceChange = 0

  package init(_ settings: ObjectiveTest.Settings = .standard, bins: Int) {
    self.settings = settings
    lanes = [Lane](settings.dependence) {
      Lane(martingales: BinMartingales(bins: bins, tier: $0, logWealth: 0))
    }
  }

  package mutating func look(_ arms: BinArms, against reference: DriftReference) {
    let settings = settings
    lanes.look(arms, against: reference, settings) { lane, tier, arms in
      lane.bet(tier, arms, against: reference, settings) { $0.advanceForgettingLosses(by: $1) }
    }
    looksSinceChange = logE <= 0 ? 0 : looksSinceChange.adding(saturating: 1)
  }

  package var logE: Double { lanes.logE }

  package var strongest: BinShift? { lanes.strongest }
}
