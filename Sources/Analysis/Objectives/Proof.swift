/// The evidence that a candidate keeps its promise: what promotes it early.
///
/// The same game with the sides exchanged. If the candidate in truth breaks its promise, the
/// probability that this ever reaches 1/beta is at most beta, while requests are independent.
package struct Proof: Equatable, Sendable, Codable {
  private let dependence: Dependence
  private var players: Players
  private var table = OddsTable()

  private enum CodingKeys: String, CodingKey { case dependence, players }

  package init(_ dependence: Dependence) {
    self.dependence = dependence
    players = Players(count: dependence.proof.players)
  }

  package mutating func look(_ candidate: Trials, allowed: Double) {
    let arms = Arms(candidate: candidate, stable: .none)
    guard let wager = Wager.promise(arms, limit: allowed) else { return }
    players.play(dependence.proof.gains(of: wager, &table))
  }

  package var logE: Double { players.logE }

  /// Whether `logE` is at least `bar`: the richest player alone tells it where it is not close.
  package func reaches(_ bar: Double) -> Bool {
    let richest = players.logRichest
    return richest >= bar && (richest - Self.logPlayers >= bar || logE >= bar)
  }

  private static let logPlayers = log(Double(Game.logOdds.count))
}
