/// The players of one tier on one feature: for each bin some who bet on more of it, and some who bet on
/// fewer.
struct BinPlayers: Equatable, Sendable, Codable {
  /// Of each bin those who bet on more, then those who bet on fewer.
  private var players: [Players]

  init(bins: Int, tier: Dependence.Tier, logWealth: Double) {
    players = Array(
      repeating: Players(count: tier.game.players, logWealth: logWealth), count: 2 * bins)
  }

  var bins: Int { players.count / 2 }

  /// Lets everybody play, where there is something at stake, in their way to take what the look does
  /// to them.
  mutating func play(
    _ game: Game, wager: (_ bin: Int, BinChange) -> Wager?,
    _ play: (inout Players, Gains) -> Void
  ) {
    for index in players.indices {
      let wager = wager(index / 2, Self.change(index))
      play(&players[index], wager.map(game.gains) ?? .none(count: game.players))
    }
  }

  /// The logarithm of the average wealth.
  var logE: Double {
    var sum = LogSum()
    for group in players { sum.add(group.logE) }
    return sum.logarithm - log(Double(players.count))
  }

  /// The bin and the direction on which most was won.
  var strongest: BinShift? {
    players.indices.max { players[$0].logE < players[$1].logE }.map {
      BinShift(bin: $0 / 2, change: Self.change($0), logWealth: players[$0].logE)
    }
  }

  private static func change(_ index: Int) -> BinChange { index.isMultiple(of: 2) ? .more : .fewer }
}

/// A bin that holds more or fewer than is tolerated.
package struct BinShift: Equatable, Sendable {
  package let bin: Int
  package let change: BinChange
  /// The logarithm of the wealth of those who bet on it.
  let logWealth: Double
}

extension Gains {
  /// Nobody wins or loses.
  static func none(count: Int) -> Gains { Gains(count: count) { _ in 0 } }
}
