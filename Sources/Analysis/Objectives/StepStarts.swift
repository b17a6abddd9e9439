/// A game that is started afresh at every step, so that a regression which shows only under more load
/// is not hidden by the good past.
///
/// The capital is split over the starts, 1/2, 1/6, 1/12, …; what is not yet invested is held as cash.
/// An average of fair games is a fair game, so the guarantee covers all of them together.
package struct StepStarts: Equatable, Sendable, Codable {
  package struct Start: Equatable, Sendable, Codable {
    private(set) var players: Players
    /// Over how many looks half of the capital of this start is invested; 0 when all of it is at once.
    private let looks: Int
    /// In how many looks some was invested.
    private var invested = 0

    init(players count: Int, spreadOver looks: Int) {
      players = Players(count: count, logWealth: looks == 0 ? 0 : log(0.5))
      self.looks = looks
    }

    var logE: Double {
      let cash = looks == 0 ? 0 : Double(looks - invested) / Double(looks) / 2
      return cash == 0 ? players.logE : logSum(players.logE, log(cash))
    }

    mutating func play(_ gains: Gains) {
      guard invested < looks else { return players.play(gains) }
      invested += 1
      players.play(gains, investing: -log(Double(2 * looks)))
    }
  }

  package private(set) var starts: [Start] = []

  /// Adds a start: a step begins.
  ///
  /// - Parameters:
  ///   - players: How many bet in this game.
  ///   - looks: Over how many looks half of the capital is spread, for a step in which a change may
  ///     come at any time, such as a bake; 0 to invest all of it at once.
  mutating func begin(players: Int, spreadOver looks: Int) {
    starts.append(Start(players: players, spreadOver: looks))
  }

  var logE: Double {
    var sum = LogSum()
    var cash = 1.0
    for index in starts.indices {
      let capital = 1 / (Double(index + 1) * Double(index + 2))
      cash -= capital
      sum.add(log(capital) + starts[index].logE)
    }
    if cash > 0 { sum.add(log(cash)) }
    return sum.logarithm
  }

  /// Never less than `logE`, and had without a logarithm: no start is worth more than its richest
  /// player and half of its capital in cash, which is less than √e times the richer of that player and
  /// a player at the start.
  var logBound: Double {
    var richest = 0.0
    for index in starts.indices { richest = max(richest, starts[index].players.logRichest) }
    return richest + 0.5
  }

  mutating func play(_ gains: Gains) {
    for index in starts.indices { starts[index].play(gains) }
  }
}
