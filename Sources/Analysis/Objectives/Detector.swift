/// Watches one objective of a revision that nothing is compared with, forgetting its good past.
///
/// An e-detector: while the revision keeps its promise, the mean number of looks until
/// exp(`logE`) first reaches A is at least A (Shin, Ramdas and Rinaldo 2022).
package struct Detector: Equatable, Sendable, Codable {
  private struct Lane: Equatable, Sendable, Codable {
    var martingales: TestMartingales
    var block = Block<Arms>()

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey { case martingales = "players", block }
  }

  private let dependence: Dependence
  private var lanes: [Lane]

  package init(_ dependence: Dependence) {
    self.dependence = dependence
    lanes = (0..<dependence.tierCount).map {
      Lane(martingales: TestMartingales(count: dependence.tier($0).strategy.count))
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
    for index in lanes.indices {
      let tier = dependence.tier(index)
      guard let block = lanes[index].block.add(arms, length: length, full: tier.block),
        let bet = Bet.promise(block, limit: min(allowed * tier.slack, largestShare))
      else { continue }
      lanes[index].martingales.advanceForgettingLosses(by: tier.strategy.increments(of: bet))
    }
  }

  /// Never less than `logE`.
  package var logBound: Double {
    var bound = -Double.infinity
    for index in lanes.indices { bound = max(bound, lanes[index].martingales.logLargest) }
    return bound
  }

  package var logE: Double {
    var mean = LogMean()
    for index in lanes.indices { mean.add(lanes[index].martingales.logE) }
    return mean.logE
  }
}

/// No promise is worth a bet at a share above this.
let largestShare = 0.999
