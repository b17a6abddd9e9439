/// How much is bet at a look on "the candidate is worse than tolerated", in several ways side by side.
///
/// Think of gamblers who may bet at every look, at fair odds if the candidate is exactly as bad as is
/// tolerated. They differ in how much they dare, or in how bad they take the candidate to be. The
/// wealth of each is a test martingale, and their average is the evidence, an e-process (Waudby-Smith
/// and Ramdas 2024). If the candidate is healthy no gambler can expect to grow rich: the probability
/// that the wealth ever reaches 1/alpha is at most alpha, however often one looks (Ville's inequality).
enum BettingStrategy: Equatable, Sendable {
  /// One bet per look on the observed share over the tolerated one, whatever happened inside the look:
  /// bursts, retries and failures that come in batches cannot fool it.
  ///
  /// log1p(f (r − 1)) for nine stakes f; fair when the expectation of r is at most 1.
  case fractions
  /// The likelihood ratio of 24 odds ratios from 1.1 to 1097, exact when requests are independent, and
  /// also when they fail in clusters of at most `cluster`.
  ///
  /// (x η − m log(1 + θ (e^η − 1))) / cluster: binomial, with θ the tolerated share. It is fair also
  /// for the conditional comparison of two arms (Hoeffding 1963, extended to tolerances above 1).
  case odds(cluster: Int)
  /// The likelihood ratio of odds ratios below 1: a bet on "the candidate is better than tolerated".
  case inverseOdds(cluster: Int)

  /// How many bets it has side by side, each with a test martingale.
  var count: Int {
    switch self {
    case .fractions: Self.stakes.count
    case .odds, .inverseOdds: Self.logOdds.count
    }
  }

  /// The fractions staked, from cautious to bold.
  static let stakes = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95]
  /// 0.1 · 70^(g/23): log odds ratios from 0.1 to 7.
  static let logOdds = (0..<24).map { 0.1 * exp(log(70) * Double($0) / 23) }

  /// The increments of a look without a hit, and most looks are without one.
  private static let losses = stakes.map { log1p(-$0) }

  private static let growth = logOdds.map { exp($0) - 1 }
  private static let decline = logOdds.map { exp(-$0) - 1 }

  /// Returns by how much the look raises or lowers the logarithm of each wealth.
  func increments(of bet: Bet) -> Increments {
    switch self {
    case .fractions:
      let (stakes, losses) = (Self.stakes, Self.losses)
      guard bet.hits != 0 else { return Increments(count: stakes.count) { losses[$0] } }
      let ratio = Double(bet.hits) / Double(bet.trials) / bet.share
      return Increments(count: stakes.count) { log1p(stakes[$0] * (ratio - 1)) }
    case .odds(let cluster):
      return Self.likelihoodRatios(bet, 1, cluster) { log1p(bet.share * Self.growth[$0]) }
    case .inverseOdds(let cluster):
      return Self.likelihoodRatios(bet, -1, cluster) { log1p(bet.share * Self.decline[$0]) }
    }
  }

  /// Returns what a trial costs each bet at inverse odds, when so much is tolerated.
  static func inverseCosts(tolerating share: Double) -> [Double] {
    decline.map { log1p(share * $0) }
  }

  /// Returns the increments at inverse odds for a share whose costs are known.
  static func inverseIncrements(of bet: Bet, costs: [Double], cluster: Int) -> Increments {
    likelihoodRatios(bet, -1, cluster) { costs[$0] }
  }

  private static func likelihoodRatios(
    _ bet: Bet, _ sign: Double, _ cluster: Int, _ cost: (_ index: Int) -> Double
  ) -> Increments {
    let (hits, trials, logOdds) = (Double(bet.hits) * sign, Double(bet.trials), logOdds)
    guard cluster > 1 else {
      return Increments(count: logOdds.count) { hits * logOdds[$0] - trials * cost($0) }
    }
    return Increments(count: logOdds.count) {
      (hits * logOdds[$0] - trials * cost($0)) / Double(cluster)
    }
  }
}

/// The logarithms of the factors by which one look multiplies each wealth: the logarithms of e-values.
struct Increments {
  let count: Int
  /// Held in place: a look allocates nothing.
  ///
  /// A caller that needs several of them takes its span first: each subscript of the whole copies it.
  private(set) var values = InlineArray<24, Double>(repeating: 0)

  init(count: Int, _ increment: (Int) -> Double) {
    self.count = count
    for index in 0..<count { values[index] = increment(index) }
  }

  subscript(index: Int) -> Double { values[index] }
}
