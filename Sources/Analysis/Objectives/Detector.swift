/// Watches one objective of a revision that nothing is compared with, forgetting its good past.
///
/// An e-detector: while the revision keeps its promise, the mean number of looks until
/// exp(`logE`) first reaches A is at least A (Shin, Ramdas and Rinaldo 2022).
package struct Detector: Equatable, Sendable, Codable {
  private struct Lane: TierLane {
    var martingales: TestMartingales
    var block = Block<Arms>()

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey { case martingales = "players", block }

    var logE: Double { martingales.logE }
  }

  private let dependence: Dependence
  private var lanes: [Lane]

  package init(_ dependence: Dependence) {
    self.dependence = dependence
    lanes = [Lane](dependence) {
      Lane(martingales: TestMartingales(count: $0.strategy.count))
    }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - trials: What was counted since the last look.
  ///   - allowed: The promised share, in (0, 1).
  ///   - length: The time between two looks, in milliseconds.
  package mutating func look(_ trials: Trials, allowed: Double, length: Int) {
    let arms = Arms(candidate: trials, stable: .none)
    lanes.look(arms, length: length, of: dependence) { lane, tier, arms in
      guard let bet = Bet.promise(arms, limit: min(allowed * tier.slack, largestShare))
      else { return }
      lane.martingales.advanceForgettingLosses(by: tier.strategy.increments(of: bet))
    }
  }

  /// Never less than `logE`.
  package var logBound: Double { lanes.logBound { $0.martingales.logLargest } }

  package var logE: Double { lanes.logE }
}

/// No promise is worth a bet at a share above this.
let largestShare = 0.999
