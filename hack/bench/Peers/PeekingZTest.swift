package import Simulation

/// The two-proportion z-test at a fixed level, repeated at every look on all data so far.
///
/// Not a product but a habit: what a dashboard with a p-value invites to. Each of two metrics gets
/// half of the level of 1% (Bonferroni), and five bad requests have to be seen first.
package struct PeekingZTest: Rule {
  /// The 99.5% point of the normal distribution: half of 1% for each of two metrics.
  private static let critical = 2.5758293035489004

  private var tallies: [ArmTallies] = []

  package init() {}

  package mutating func rollsBack(after look: [MetricLook]) -> Bool {
    precondition(look.count == 2, "the level is split over two metrics, not \(look.count)")
    if tallies.isEmpty { tallies = look.map { _ in ArmTallies() } }
    for (index, metric) in look.enumerated() { tallies[index].add(metric) }
    return tallies.contains { isSignificant($0) }
  }

  private func isSignificant(_ arms: ArmTallies) -> Bool {
    guard arms.candidate.bad + arms.stable.bad >= 5, let candidate = arms.candidate.share,
      let stable = arms.stable.share
    else { return false }
    let (n, m) = (Double(arms.candidate.total), Double(arms.stable.total))
    let pooled = (candidate * n + stable * m) / (n + m)
    let error = (pooled * (1 - pooled) * (1 / n + 1 / m)).squareRoot()
    return candidate - stable > Self.critical * error
  }
}
