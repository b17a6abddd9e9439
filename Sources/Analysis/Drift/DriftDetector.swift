/// Watches one feature of whatever serves, forgetting the time in which nothing moved.
///
/// An e-detector, as `Detector` is: while every bin's odds are within the tolerance, the mean number
/// of looks until exp(`logE`) first reaches A is at least A.
package struct DriftDetector: FeatureEvidence {
  private struct Lane: Equatable, Sendable, Codable {
    var martingales: BinMartingales
    var block = Block<BinArms>()

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey { case martingales = "players", block }
  }

  private let settings: ObjectiveTest.Settings
  private var lanes: [Lane]
  package private(set) var looksSinceChange = 0

  package init(_ settings: ObjectiveTest.Settings = .standard, bins: Int) {
    self.settings = settings
    lanes = (0..<settings.dependence.tierCount).map { index in
      Lane(
        martingales: BinMartingales(bins: bins, tier: settings.dependence.tier(index), logWealth: 0)
      )
    }
  }

  package mutating func look(_ arms: BinArms, against reference: DriftReference) {
    for index in lanes.indices {
      let full = settings.dependence.tier(index).block
      guard reference.fits(arms, bins: lanes[index].martingales.bins),
        let block = lanes[index].block.add(arms, length: settings.look, full: full)
      else { continue }
      settings.advance(block, against: reference, tier: index, &lanes[index].martingales) {
        $0.advanceForgettingLosses(by: $1)
      }
    }
    looksSinceChange = logE <= 0 ? 0 : looksSinceChange.adding(saturating: 1)
  }

  package var logE: Double {
    var sum = LogSum()
    for lane in lanes { sum.add(lane.martingales.logE) }
    return sum.logarithm - log(Double(lanes.count))
  }

  package var strongest: BinShift? { lanes.strongest(\.martingales) }
}
