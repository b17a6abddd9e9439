/// One tier of a dependence at work: what it bets with, and the looks that it gathers for its next bet.
///
/// Think of swimmers in lanes of their own: all see the same looks, and each bets in its own rhythm. A
/// test has one lane for each tier, and its evidence is their average.
protocol TierLane: Equatable, Sendable, Codable {
  associatedtype Counts: Summable

  var block: Block<Counts> { get set }
  /// The logarithm of the evidence of this tier alone.
  var logE: Double { get }
}

extension Array where Element: TierLane {
  /// Makes a lane for each tier.
  init(_ dependence: Dependence, _ lane: (Dependence.Tier) -> Element) {
    self = (0..<dependence.tierCount).map { lane(dependence.tier($0)) }
  }

  /// Changes each lane as its tier asks; one that was read and has no tier stays as it is.
  mutating func inEachTier(
    of dependence: Dependence, _ change: (inout Element, Dependence.Tier) -> Void
  ) {
    for index in 0..<Swift.min(count, dependence.tierCount) {
      change(&self[index], dependence.tier(index))
    }
  }

  /// Takes one look into account: a lane bets when its block is full.
  ///
  /// - Parameters:
  ///   - counts: What was counted since the last look.
  ///   - length: The time between two looks, in milliseconds.
  ///   - dependence: Whose tiers they are.
  ///   - bet: How a lane bets on what its block counted.
  mutating func look(
    _ counts: Element.Counts, length: Int, of dependence: Dependence,
    bet: (inout Element, Dependence.Tier, Element.Counts) -> Void
  ) {
    inEachTier(of: dependence) { lane, tier in
      guard let counts = lane.block.add(counts, length: length, full: tier.block) else { return }
      bet(&lane, tier, counts)
    }
  }

  /// Returns the largest bound, which is never less than `logE` while each is that of its lane.
  func logBound(_ bound: (Element) -> Double) -> Double {
    var largest = -Double.infinity
    for index in indices { largest = Swift.max(largest, bound(self[index])) }
    return largest
  }

  var logE: Double {
    var mean = LogMean()
    for index in indices { mean.add(self[index].logE) }
    return mean.logE
  }
}
