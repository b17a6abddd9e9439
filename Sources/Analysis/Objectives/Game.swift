/// How a look changes the wealth of each player who bets on "the candidate is worse than tolerated".
///
/// Think of gamblers who may bet at every look, at fair odds if the candidate is exactly as bad as is
/// tolerated. They differ in how much they dare, or in how bad they take the candidate to be; the
/// evidence is their average wealth. If the candidate is healthy nobody can expect to grow rich: the
/// probability that the wealth ever reaches 1/alpha is at most alpha, however often one looks (Ville's
/// inequality).
enum Game: Equatable, Sendable {
  /// One bet per look on the observed share over the tolerated one, whatever happened inside the look:
  /// bursts, retries and failures that come in batches cannot fool it.
  ///
  /// log1p(f (r − 1)) for nine stakes f; fair when the expectation of r is at most 1.
  case bets
  /// The likelihood ratio of 24 odds ratios from 1.1 to 1097, exact when requests are independent, and
  /// also when they fail in clusters of at most `cluster`.
  ///
  /// (x η − m log(1 + θ (e^η − 1))) / cluster: binomial, with θ the tolerated share. It is fair also
  /// for the conditional comparison of two arms (Hoeffding 1963, extended to tolerances above 1).
  case odds(cluster: Int)
  /// The likelihood ratio of odds ratios below 1: a bet on "the candidate is better than tolerated".
  case inverseOdds(cluster: Int)

  var players: Int {
    switch self {
    case .bets: Self.stakes.count
    case .odds, .inverseOdds: Self.logOdds.count
    }
  }

  /// The fractions staked, from cautious to bold.
  static let stakes = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95]
  /// 0.1 · 70^(g/23): log odds ratios from 0.1 to 7.
  static let logOdds = (0..<24).map { 0.1 * exp(log(70) * Double($0) / 23) }

  /// What a look without a hit does to those who bet, and most looks are without one.
  private static let losses = stakes.map { log1p(-$0) }

  private static let growth = logOdds.map { exp($0) - 1 }
  private static let decline = logOdds.map { exp(-$0) - 1 }

  /// Returns what the look does to every player.
  func gains(of wager: Wager) -> Gains {
    switch self {
    case .bets:
      let (stakes, losses) = (Self.stakes, Self.losses)
      guard wager.hits != 0 else { return Gains(count: stakes.count) { losses[$0] } }
      let ratio = Double(wager.hits) / Double(wager.trials) / wager.share
      return Gains(count: stakes.count) { log1p(stakes[$0] * (ratio - 1)) }
    case .odds(let cluster):
      return Self.likelihoodRatios(wager, 1, cluster) { log1p(wager.share * Self.growth[$0]) }
    case .inverseOdds(let cluster):
      return Self.likelihoodRatios(wager, -1, cluster) { log1p(wager.share * Self.decline[$0]) }
    }
  }

  /// Returns the same, quicker where the tolerated share is nearly always the one of the look before.
  func gains(of wager: Wager, _ table: inout OddsTable) -> Gains {
    switch self {
    case .bets: return gains(of: wager)
    case .odds(let cluster):
      table.prepare(wager.share, Self.growth)
      return Self.likelihoodRatios(wager, 1, cluster) { table[$0] }
    case .inverseOdds(let cluster):
      table.prepare(wager.share, Self.decline)
      return Self.likelihoodRatios(wager, -1, cluster) { table[$0] }
    }
  }

  private static func likelihoodRatios(
    _ wager: Wager, _ sign: Double, _ cluster: Int, _ cost: (_ player: Int) -> Double
  ) -> Gains {
    let (hits, trials, logOdds) = (Double(wager.hits) * sign, Double(wager.trials), logOdds)
    guard cluster > 1 else {
      return Gains(count: logOdds.count) { hits * logOdds[$0] - trials * cost($0) }
    }
    return Gains(count: logOdds.count) { player in
      (hits * logOdds[player] - trials * cost(player)) / Double(cluster)
    }
  }
}

/// What a trial costs each player of one game at odds, for one tolerated share.
///
/// It is remembered between looks and is no part of any state: all are equal.
struct OddsTable: Equatable, Sendable {
  private var share = Double.nan
  private var costs: [Double] = []

  mutating func prepare(_ share: Double, _ growth: [Double]) {
    guard share != self.share else { return }
    self.share = share
    costs = growth.map { log1p(share * $0) }
  }

  subscript(player: Int) -> Double { costs[player] }

  static func == (_: OddsTable, _: OddsTable) -> Bool { true }
}

/// The logarithms of the factors by which one look multiplies the wealth of each player.
struct Gains {
  let count: Int
  /// Held in place: a look allocates nothing.
  ///
  /// Whoever needs several of them takes its span first: each subscript of the whole copies the whole.
  private(set) var values = InlineArray<24, Double>(repeating: 0)

  init(count: Int, _ gain: (Int) -> Double) {
    self.count = count
    for player in 0..<count { values[player] = gain(player) }
  }

  subscript(player: Int) -> Double { values[player] }
}
