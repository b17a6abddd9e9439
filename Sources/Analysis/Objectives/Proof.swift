/// The evidence that a candidate keeps its promise: what promotes it early.
///
/// A test martingale with the sides exchanged. If the candidate in truth breaks its promise, the
/// probability that this ever reaches 1/beta is at most beta, while requests are independent.
package struct Proof: Equatable, Sendable, Codable {
  private let dependence: Dependence
  private var martingales: TestMartingales

  /// As ledgers and checkpoints spell it.
  private enum CodingKeys: String, CodingKey { case dependence, martingales = "players" }

  package init(_ dependence: Dependence) {
    self.dependence = dependence
    martingales = TestMartingales(count: dependence.proof.count)
  }

  package mutating func look(_ candidate: Trials, _ limit: ObjectiveTest.Limit) {
    let arms = Arms(candidate: candidate, stable: .none)
    guard let bet = Bet.promise(arms, limit: limit.allowed) else { return }
    martingales.advance(
      by: BettingStrategy.inverseIncrements(
        of: bet, costs: limit.costs, cluster: dependence.largestCluster))
  }

  package var logE: Double { martingales.logE }

  /// Whether `logE` is at least `bar`: the largest wealth alone tells it where it is not close.
  package func reaches(_ bar: Double) -> Bool {
    let largest = martingales.logLargest
    return largest >= bar && (largest - Self.logCount >= bar || logE >= bar)
  }

  private static let logCount = log(Double(BettingStrategy.logOdds.count))
}
