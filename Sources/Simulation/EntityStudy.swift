import Analysis
import Randomness
package import Rollouts

/// How many entities an A/B test needs until the better revision wins.
package struct EntityStudy: Equatable, Sendable {
  /// How many times as often the candidate's entities reach the goal.
  package let ratio: Double
  /// The share of the tests in which it won within `most` entities, and the median of those.
  package let won: Double
  package let entities: Int?

  /// What is assumed of stable's entities: one in ten.
  package static let usual = 0.1
  package static let most = 100_000
  /// Small and large differences.
  package static let ratios = [1.05, 1.1, 1.2, 1.5, 2]
  private static let entitiesPerLook = 50

  /// Tries differences of every size; nothing for a deployment that asks for no test.
  package static func study(_ deployment: Deployment, tests: Int = 40) -> [EntityStudy] {
    guard deployment.strategy.goal != nil, let step = deployment.strategy.steps.first else {
      return []
    }
    let share = deployment.entityShare(of: step.route.share)
    // Where several are tried, the entities of the others are no part of the comparison.
    let part = Double(step.route.share.value) / 1000 / share
    let bar = deployment.ofOneArm.analysis.rollbackBar
    return ratios.map { ratio in
      let found = (0..<tests).compactMap {
        entities(ratio, share, bar, within: Int(Double(most) * part), seed: UInt64($0 + 1))
      }.map { Int(Double($0) / part) }
      return EntityStudy(
        ratio: ratio, won: Double(found.count) / Double(max(1, tests)),
        entities: found.isEmpty ? nil : found.sorted()[found.count / 2])
    }
  }

  /// Returns after how many entities one test was won; nil when it was not.
  private static func entities(
    _ ratio: Double, _ share: Double, _ bar: Double, within most: Int, seed: UInt64
  ) -> Int? {
    var random = SplitMix64(seed: seed)
    var test = GoalTest()
    func arm(_ entities: Int, _ rate: Double) -> GoalTest.Entities {
      .init(seen: entities, reached: random.binomial(trials: entities, share: rate))
    }
    for look in 1...(most / entitiesPerLook) {
      let own = random.binomial(trials: entitiesPerLook, share: share)
      test.look(
        candidate: arm(own, usual * ratio), stable: arm(entitiesPerLook - own, usual),
        share: share)
      if test.logMore >= bar { return look * entitiesPerLook }
    }
    return nil
  }
}
