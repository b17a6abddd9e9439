/// A test that is started afresh at every step, so that a regression which shows only under more load
/// is not hidden by the good past.
///
/// The capital is split over the starts, 1/2, 1/6, 1/12, …; what is not yet invested is held as cash.
/// An average of e-processes is an e-process, so the guarantee covers all of them together.
package struct StepStarts: Equatable, Sendable, Codable {
  package struct Start: Equatable, Sendable, Codable {
    private(set) var martingales: TestMartingales
    /// Over how many looks half of the capital of this start is invested; 0 when all of it is at once.
    private let looks: Int
    /// In how many looks some was invested.
    private var invested = 0

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey {
      case martingales = "players", looks, invested
    }

    init(martingales count: Int, spreadOver looks: Int) {
      martingales = TestMartingales(count: count, logWealth: looks == 0 ? 0 : log(0.5))
      self.looks = looks
    }

    var logE: Double {
      let cash = looks == 0 ? 0 : Double(looks - invested) / Double(looks) / 2
      return cash == 0 ? martingales.logE : logSum(martingales.logE, log(cash))
    }

    mutating func advance(by increments: Increments) {
      guard invested < looks else { return martingales.advance(by: increments) }
      invested += 1
      martingales.advance(by: increments, investing: -log(Double(2 * looks)))
    }
  }

  package private(set) var starts: [Start] = []

  /// Adds a start: a step begins.
  ///
  /// - Parameters:
  ///   - martingales: How many test martingales the strategy has.
  ///   - looks: Over how many looks half of the capital is spread, for a step in which a change may
  ///     come at any time, such as a bake; 0 to invest all of it at once.
  mutating func begin(martingales: Int, spreadOver looks: Int) {
    starts.append(Start(martingales: martingales, spreadOver: looks))
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

  /// Never less than `logE`, and had without a logarithm: no start is worth more than the largest of its
  /// martingales and half of its capital in cash, which is less than √e times the larger of that
  /// martingale and one that has just begun.
  var logBound: Double {
    var largest = 0.0
    for index in starts.indices { largest = max(largest, starts[index].martingales.logLargest) }
    return largest + 0.5
  }

  mutating func advance(by increments: Increments) {
    for index in starts.indices { starts[index].advance(by: increments) }
  }
}
