import Randomness
import Testing

@testable import Analysis

@Suite struct GoalTestTests {
  /// Entities that come, wait, and reach a goal at some rate.
  private struct Shop {
    var random: SplitMix64
    /// The probability with which one that waits reaches the goal in a look.
    let candidate: Double
    let stable: Double
    /// The share of the candidate.
    let share: Double
    /// Whether those who did not reach it in the look in which they came never do.
    let isOnce: Bool
    var waiting = (candidate: 0, stable: 0)

    mutating func look() -> (GoalTest.Entities, GoalTest.Entities) {
      let new = random.poisson(mean: 20)
      let own = random.binomial(trials: new, share: share)
      if isOnce { waiting = (0, 0) }
      waiting.candidate += own
      waiting.stable += new - own
      let reached = random.binomial(trials: waiting.candidate, share: candidate)
      let other = random.binomial(trials: waiting.stable, share: stable)
      waiting.candidate -= reached
      waiting.stable -= other
      return (
        GoalTest.Entities(seen: own, reached: reached),
        GoalTest.Entities(seen: new - own, reached: other)
      )
    }
  }

  private static func run(
    _ candidate: Double, _ stable: Double, share: Double = 0.5, isOnce: Bool = false,
    seed: UInt64, looks: Int,
    each: (GoalTest) -> Bool = { _ in true }
  ) -> GoalTest {
    var shop = Shop(
      random: SplitMix64(seed: seed), candidate: candidate, stable: stable, share: share,
      isOnce: isOnce)
    var test = GoalTest()
    for _ in 0..<looks {
      let (own, other) = shop.look()
      test.look(candidate: own, stable: other, share: share)
      if !each(test) { break }
    }
    return test
  }

  /// Neither side is ever found more often than alpha, whatever the share, and whether few or most reach the goal.
  ///
  /// Those who wait for long reach it as those do who have just come: the coin knows no difference.
  @Test(arguments: [(0.002, 0.5), (0.05, 0.5), (0.05, 0.1), (0.3, 0.8)])
  func equalsAreSeldomTold(rate: Double, share: Double) {
    let (runs, bar) = (400, log(20.0))
    var (more, fewer) = (0, 0)
    for seed in 0..<UInt64(runs) {
      var found = (false, false)
      _ = Self.run(rate, rate, share: share, seed: seed, looks: 200) {
        found = (found.0 || $0.logMore >= bar, found.1 || $0.logFewer >= bar)
        return true
      }
      (more, fewer) = (more + (found.0 ? 1 : 0), fewer + (found.1 ? 1 : 0))
    }
    // 20 each are allowed; a count above 33 would have a probability of one in a thousand.
    #expect(more <= 33 && fewer <= 33, "\(more) and \(fewer) of \(runs)")
  }

  /// The range covers the truth at all looks together: here each entity reaches the goal at once or never.
  @Test func rangeCoversTheTruth() {
    let (runs, ratio) = (200, 1.5)
    var missed = 0
    for seed in 0..<UInt64(runs) {
      var isMissed = false
      _ = Self.run(0.1 * ratio, 0.1, isOnce: true, seed: seed, looks: 150) {
        let effect = $0.effect(alpha: 0.05, share: 0.5)
        isMissed = isMissed || effect.low > ratio || effect.high < ratio
        return true
      }
      missed += isMissed ? 1 : 0
    }
    // 20 are allowed: 5% for each end.
    #expect(missed <= 33, "\(missed) of \(runs)")
  }

  @Test func rangeNarrowsAroundTheTruth() {
    let test = Self.run(0.15, 0.1, isOnce: true, seed: 1, looks: 500)
    let effect = test.effect(alpha: 0.01, share: 0.5)
    #expect(effect.low > 1.15 && effect.low < 1.5, "\(effect)")
    #expect(effect.high > 1.5 && effect.high < 1.85, "\(effect)")
    #expect(test.logMore > log(100.0) && test.logFewer < 0)
  }

  /// What is told better or worse is not told to be perhaps as often.
  @Test(arguments: [(0.02, 0.01), (0.01, 0.02)])
  func rangeAgreesWithTheEvidence(candidate: Double, stable: Double) {
    let bar = log(100.0)
    let test = Self.run(candidate, stable, isOnce: true, seed: 2, looks: 5000) {
      max($0.logMore, $0.logFewer) < bar
    }
    let effect = test.effect(alpha: 0.01, share: 0.5)
    #expect(max(test.logMore, test.logFewer) >= bar)
    #expect(candidate > stable ? effect.low > 1 : effect.high < 1, "\(effect)")
  }

  @Test func nothingIsKnownAtFirst() {
    let test = GoalTest()
    #expect(test.effect(alpha: 0.01, share: 0.5) == Interval(low: 0, high: .infinity))
    #expect(test.logMore == 0 && test.logFewer == 0)
  }

  /// One side alone has an end that is not known.
  @Test func oneSideMayHaveNobody() {
    var test = GoalTest()
    test.look(
      candidate: .init(seen: 50, reached: 0), stable: .init(seen: 50, reached: 20),
      share: 0.5)
    let effect = test.effect(alpha: 0.01, share: 0.5)
    #expect(effect.low == 0 && effect.high < 1, "\(effect)")
  }

  /// What cannot be is no data: it changes nothing.
  @Test(arguments: [(-1, 0), (1, -1), (Int.max, 0), (1, Int.max)])
  func impossibleCountsAreIgnored(entities: Int, reached: Int) {
    var test = GoalTest()
    test.look(
      candidate: .init(seen: entities, reached: reached),
      stable: .init(seen: 10, reached: 1), share: 0.5)
    #expect(test == GoalTest())
  }
}
