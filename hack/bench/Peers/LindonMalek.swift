import Foundation

/// Lindon and Malek's sequential multinomial test (NeurIPS 2022), which Netflix runs on counts.
///
/// The evidence that events do not fall into the arms in the stated shares: a Dirichlet mixture of
/// alternatives, centred on the shares, over the probability under them. It is two-sided and has no
/// tolerance, and the shares must not change while it runs.
package struct LindonMalek: Sendable {
  private let shares: [Double]
  /// The Dirichlet distribution, with the events so far counted in.
  private var weights: [Double]
  package private(set) var logE = 0.0

  /// - Parameters:
  ///   - shares: Of the events, if all arms are alike.
  ///   - concentration: How close to `shares` the alternatives are, in events: 1 is vague, 1000 expects
  ///     a small difference.
  package init(shares: [Double], concentration: Double) {
    self.shares = shares
    weights = shares.map { $0 * concentration }
  }

  /// Takes events of all arms into account.
  package mutating func observe(_ counts: [Int]) {
    let (all, before) = (Double(counts.reduce(0, +)), weights.reduce(0, +))
    logE += lgamma(before) - lgamma(before + all)
    for (arm, count) in counts.enumerated() where count > 0 {
      let after = weights[arm] + Double(count)
      logE += lgamma(after) - lgamma(weights[arm]) - Double(count) * log(shares[arm])
      weights[arm] = after
    }
  }

  /// Takes one event into account, which is `observe` of a single count without gamma functions.
  package mutating func observe(arm: Int) {
    logE += log(weights[arm] / weights.reduce(0, +) / shares[arm])
    weights[arm] += 1
  }
}
