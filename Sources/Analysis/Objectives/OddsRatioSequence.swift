/// How many times the odds of stable the candidate's are, over looks with any shares of the traffic.
///
/// The likelihood of 161 log odds ratios from -4 to 4 against the mixture of both directions: those
/// that are not rejected are the confidence sequence. It holds at all looks at once.
package struct OddsRatioSequence: Sendable {
  private static let step = 0.05
  private static let logRatios = (0..<161).map { (Double($0) - 80) * step }
  private static let growth = logRatios.map { exp($0) - 1 }

  private var likelihoods = [Double](repeating: 0, count: logRatios.count)
  private var more = TestMartingales(count: BettingStrategy.odds(cluster: 1).count)
  private var fewer = TestMartingales(count: BettingStrategy.inverseOdds(cluster: 1).count)

  package init() {}

  /// Takes one look into account.
  package mutating func look(_ arms: Arms) {
    guard let bet = Bet.comparison(arms, oddsRatio: 1) else { return }
    let (hits, trials) = (Double(bet.hits), Double(bet.trials))
    for index in likelihoods.indices {
      likelihoods[index] +=
        hits * Self.logRatios[index] - trials * log1p(bet.share * Self.growth[index])
    }
    more.advance(by: BettingStrategy.odds(cluster: 1).increments(of: bet))
    fewer.advance(by: BettingStrategy.inverseOdds(cluster: 1).increments(of: bet))
  }

  /// Returns the logarithms of the ratios that are not rejected at `alpha`, rounded outwards to the
  /// grid; infinite where they run off it.
  package func logInterval(alpha: Double) -> Interval {
    let bar = logSum(more.logE, fewer.logE) - log(2) + log(alpha)
    let most = likelihoods.indices.max { likelihoods[$0] < likelihoods[$1] } ?? 0
    let first = likelihoods.firstIndex { $0 >= bar } ?? most
    let last = likelihoods.lastIndex { $0 >= bar } ?? most
    return Interval(
      low: first == 0 ? -.infinity : Self.logRatios[first - 1],
      high: last == likelihoods.count - 1 ? .infinity : Self.logRatios[last + 1])
  }
}
