/// The evidence that the requests are not split as was asked: the sample-ratio check.
///
/// A revision that gets too few or too many requests got different ones, and then nothing that is
/// counted can be compared.
package struct SplitCheck: Equatable, Sendable, Codable {
  private static let more = BettingStrategy.odds(cluster: 1)
  private static let fewer = BettingStrategy.inverseOdds(cluster: 1)

  private var tooMany = TestMartingales(count: more.count)
  private var tooFew = TestMartingales(count: fewer.count)

  package init() {}

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - candidate: The candidate's requests.
  ///   - all: The requests of all arms.
  ///   - share: The share that was asked for, in (0, 1).
  package mutating func look(candidate: Int, of all: Int, share: Double) {
    guard all > 0, let trials = Trials(bad: candidate, total: all) else { return }
    let bet = Bet(hits: trials.bad, trials: trials.total, share: share)
    tooMany.advance(by: Self.more.increments(of: bet))
    tooFew.advance(by: Self.fewer.increments(of: bet))
  }

  package var logE: Double { logSum(tooMany.logE, tooFew.logE) - log(2) }

  /// Whether `logE` is at least `bar`, which is quick to tell while it is far away: the average of all
  /// is at most the largest.
  package func reaches(_ bar: Double) -> Bool {
    max(tooMany.logLargest, tooFew.logLargest) >= bar && logE >= bar
  }
}
