/// The test martingales of one tier on one feature: for each bin some that bet on more of it, and
/// some that bet on fewer.
struct BinMartingales: Equatable, Sendable, Codable {
  /// Of each bin those that bet on more, then those that bet on fewer.
  private var martingales: [TestMartingales]

  /// As ledgers and checkpoints spell it.
  private enum CodingKeys: String, CodingKey { case martingales = "players" }

  init(bins: Int, tier: Dependence.Tier, logWealth: Double) {
    martingales = Array(
      repeating: TestMartingales(count: tier.strategy.count, logWealth: logWealth), count: 2 * bins)
  }

  var bins: Int { martingales.count / 2 }

  /// Bets on every bin in which something is at stake.
  ///
  /// - Parameters:
  ///   - strategy: How much is bet.
  ///   - bet: What is bet on, in a bin and a direction.
  ///   - advance: How the martingales take the increments of a look.
  mutating func advance(
    _ strategy: BettingStrategy, bet: (_ bin: Int, BinChange) -> Bet?,
    _ advance: (inout TestMartingales, Increments) -> Void
  ) {
    for index in martingales.indices {
      let bet = bet(index / 2, Self.change(index))
      advance(&martingales[index], bet.map(strategy.increments) ?? .none(count: strategy.count))
    }
  }

  /// The logarithm of the average wealth.
  var logE: Double {
    var sum = LogSum()
    for group in martingales { sum.add(group.logE) }
    return sum.logarithm - log(Double(martingales.count))
  }

  /// The bin and the direction on which most was won.
  var strongest: BinShift? {
    martingales.indices.max { martingales[$0].logE < martingales[$1].logE }.map {
      BinShift(bin: $0 / 2, change: Self.change($0), logWealth: martingales[$0].logE)
    }
  }

  private static func change(_ index: Int) -> BinChange { index.isMultiple(of: 2) ? .more : .fewer }
}

/// A bin that holds more or fewer than is tolerated.
package struct BinShift: Equatable, Sendable {
  package let bin: Int
  package let change: BinChange
  /// The logarithm of the wealth of those that bet on it.
  let logWealth: Double
}

extension Increments {
  /// No wealth changes.
  static func none(count: Int) -> Increments { Increments(count: count) { _ in 0 } }
}
