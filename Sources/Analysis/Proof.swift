/// The evidence that a candidate keeps its promise: what promotes it early.
///
/// The same game with the sides exchanged. If the candidate in truth breaks its promise, the
/// probability that this ever reaches 1/beta is at most beta, while requests are independent.
package struct Proof: Equatable, Sendable, Codable {
  private let dependence: Dependence
  private var players: Players

  package init(_ dependence: Dependence) {
    self.dependence = dependence
    players = Players(count: dependence.proof.players)
  }

  package mutating func look(_ candidate: Trials, allowed: Double) {
    let arms = Arms(candidate: candidate, stable: .none)
    guard let wager = Wager.promise(arms, limit: allowed) else { return }
    players.play(dependence.proof.gains(of: wager))
  }

  package var logE: Double { players.logE }

  /// Never less than `logE`.
  var logBound: Double { players.logRichest }
}
