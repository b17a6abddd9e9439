import Analysis
import Rollouts
import Testing

/// Several candidates of one A/B test: whom a hash gives to whom, and what becomes of each of them.
@Suite struct ContestTests {
  /// Stable is v1; v2, v3 and v4 are tried.
  private static let begun = """
    manifest v1 abTest 25% bake=60s
    look 1s
    look 1s
    13 looks 5s v1=500/0
    manifest v2 abTest 25% arms=v3,v4 bake=60s
    look 1s
    look 1s
    look 1s

    """

  /// Who answers each of a thousand hashes.
  private static func owners(_ plan: Plan) -> [String] {
    plan.shares.flatMap { Array(repeating: $0.revision.description, count: $0.weight.value) }
  }

  /// In whatever order candidates leave: the parts of the others stay where they are, stable gets what is free, nobody
  /// comes back, and what they are hashed by stays the same to the end.
  @Test(
    arguments: [
      ["v2", "v3", "v4"], ["v2", "v4", "v3"], ["v3", "v2", "v4"], ["v3", "v4", "v2"],
      ["v4", "v2", "v3"], ["v4", "v3", "v2"],
    ])
  func whoStaysKeepsItsPart(leaving: [String]) {
    var script = Self.begun
    var story = Story.run(script)
    let drawn = story.rollout.plan.drawnBy
    var owners = Self.owners(story.rollout.plan)
    #expect(Set(owners) == ["r-v1", "r-v2", "r-v3", "r-v4"])
    for (count, name) in leaving.enumerated() {
      script += "runtime \(name) failed it is broken\nlook 5s v1=1/0\nlook 5s v1=1/0\n"
      story = Story.run(script)
      let now = Self.owners(story.rollout.plan)
      for (before, after) in zip(owners, now) {
        #expect(after == (before == "r-\(name)" ? "r-v1" : before), "\(story.transcript)")
      }
      if count < 2 { #expect(story.rollout.plan.drawnBy == drawn) }
      #expect(story.rollout.rejected.count == count + 1)
      owners = now
    }
    #expect(story.rollout.phase == .healthy && story.rollout.candidate == nil)
    #expect(Story.run(script + "100 looks 5s v1=500/0\n").rollout.phase == .healthy)
  }

  /// Of stable's entities so many fewer count as it answers more of them: a candidate's share of those that count stays
  /// what it was.
  @Test func whatStableInheritsCountsForNothing() throws {
    #expect(Story.run(Self.begun).rollout.thinning == nil)
    let one = Story.run(Self.begun + "runtime v3 failed no\nlook 5s v1=1/0\n").rollout.thinning
    #expect(try #require(one) == Plan.Thinning(counted: 250, of: 500))
  }

  /// Each candidate has its part of alpha: what convicts one alone is not enough for one of three.
  @Test func alphaIsDivided() {
    let alone = Story.run("manifest v1 canary 5%\nlook 1s\n").rollout
    #expect(abs((alone.analysis?.alpha ?? 1) - 0.01) < 1e-6)
    let rollout = Story.run(Self.begun).rollout
    #expect(abs((rollout.analysis?.alpha ?? 1) - 0.01 / 3) < 1e-6)
    let won = Story.run(
      Self.begun
        + "8 looks 5s v1=250/0!100/10 v2=250/0!100/20 v3=250/0!100/10 v4=250/0!100/10\n")
    #expect(won.rollout.phase.name == .baking)
    #expect(abs((won.rollout.analysis?.alpha ?? 1) - 0.01 / 3) < 1e-6)
  }

  /// Without candidates beside it, a test is what it was: nothing of several is in its state.
  @Test func oneAloneIsNoContest() {
    let rollout = Story.run(
      """
      manifest v1 abTest 50% bake=60s
      2 looks 1s
      13 looks 5s v1=500/0
      manifest v2 abTest 50% bake=60s
      3 looks 1s

      """
    ).rollout
    #expect(rollout.phase.name == .step && rollout.contest == nil)
    #expect(rollout.plan.drawnBy.isEmpty && rollout.thinning == nil)
    #expect(rollout.plan.countsEntities)
    #expect(!Story.run("manifest v1 canary 5%\nlook 1s\n").rollout.plan.countsEntities)
  }
}
