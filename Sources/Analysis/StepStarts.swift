/// A bet that is started afresh at every step, so that a regression which shows only under more load
/// is not hidden by the good past.
///
/// The stake is split over the starts, 1/2, 1/6, 1/12, …; what is not yet invested is held as cash.
/// An average of fair games is a fair game, so the guarantee covers all of them together.
package struct StepStarts: Equatable, Sendable, Codable {
  package private(set) var starts: [IntervalBet] = []

  package init() {}

  /// Adds a start: a new step begins.
  package mutating func begin() { starts.append(IntervalBet()) }

  package mutating func bet(on ratio: Double) {
    for index in starts.indices { starts[index].bet(on: ratio) }
  }

  package var logE: Double {
    let weights = starts.indices.map { 1 / (Double($0 + 1) * Double($0 + 2)) }
    let cash = 1 - weights.reduce(0, +)
    let invested = zip(weights, starts).map { log($0) + $1.logE }
    return logSumOfExponentials(invested + (cash > 0 ? [log(cash)] : []))
  }
}
