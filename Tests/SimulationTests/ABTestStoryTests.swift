import Audit
import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Two versions side by side, of which one has more of its entities reach a goal.
@Suite struct ABTestStoryTests {
  /// Whatever dies: the version with which more reach the goal takes over, the one with which fewer do is removed,
  /// and the record tells by how much.
  @Test(arguments: UInt64(0)..<6)
  func theBetterOneWinsWhateverDies(seed: UInt64) async throws {
    let world = Self.play(seed) { world, clock in
      world.reachGoal(40, with: "2")
      world.reachGoal(10, with: "3")
      world.commit(ArmsLedger.files("2"))
      await clock.sleep(for: .seconds(500))
      world.commit(ArmsLedger.files("3"))
      await clock.sleep(for: .seconds(500))
    }
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    try Self.expectThatSecondWon(history, "seed \(seed): \(world.story)")
    let lost = try #require(
      history.last { $0.revision?.model.version == "3" }, "seed \(seed): \(world.story)")
    #expect(lost.verdict == .rollback, "seed \(seed): \(world.story)")
    #expect(lost.reason == .lost(goal: Goal(metric: "conversion")))
    #expect(lost.goal?.verdict == .worse)
    try DriftStoryTests.auditsRight(world)
  }

  /// Others draw who carries a header, whatever dies: what they draw right is decided as what Serin draws, and nothing is
  /// decided on what they draw wrong.
  @Test(arguments: UInt64(0)..<6)
  func othersMayDraw(seed: UInt64) async throws {
    let header = try #require(HeaderMatch(header: "x-variant", value: "b"))
    let world = Self.play(seed) { world, clock in
      world.carrySome(.half)
      world.reachGoal(40, with: "2")
      world.reachGoal(40, with: "3")
      world.commit(ArmsLedger.files("2", drawnBy: header))
      await clock.sleep(for: .seconds(500))
      world.carrySome(PerMille(300))
      world.commit(ArmsLedger.files("3", drawnBy: header))
      await clock.sleep(for: .seconds(500))
    }
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    try Self.expectThatSecondWon(history, "seed \(seed): \(world.story)")
    let isNoticed = history.contains { record in
      guard case .entitiesSplitWrong = record.reason else { return false }
      return record.verdict == .hold && record.revision?.model.version == "3"
    }
    #expect(isNoticed, "seed \(seed): \(world.story)")
    #expect(!history.contains { $0.revision?.model.version == "3" && $0.verdict == .promote })
    try DriftStoryTests.auditsRight(world)
  }

  /// Three candidates, one of which fails and one loses, whatever dies: the better one takes over, each of the others left
  /// once and never came back, and the ledger is decided again.
  @Test(arguments: UInt64(0)..<6)
  func ofSeveralTheBetterOneWins(seed: UInt64) async throws {
    let world = Self.play(seed) { world, clock in
      world.reachGoal(40, with: "3")
      world.reachGoal(1, with: "4")
      world.commit(ArmsLedger.files("2", beside: ["3", "4"]))
      await clock.sleep(for: .seconds(1000))
    }
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    let won = try #require(
      history.first { $0.verdict == .promote && $0.rollout == 2 }, "seed \(seed): \(world.story)")
    #expect(won.revision?.model.version == "3" && won.reason == .goesOn(warrant: .won))
    #expect(won.goal?.verdict == .better)
    #expect(won.arms?.contains { $0.revision.model.version == "3" } != false)
    #expect(history.last?.stable?.model.version == "3", "seed \(seed): \(world.story)")
    Self.expectThatNobodyComesBack(history)
    try DriftStoryTests.auditsRight(world)
  }

  /// Lets v1 serve without faults, plays `story` with them from the second seed on, and returns the world as it is then.
  private static func play(
    _ seed: UInt64, _ story: @escaping @Sendable (World, SimulatedClock) async -> Void
  ) -> World {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(1500)) { world, clock in
      world.pauseFaults(true)
      world.commit(ArmsLedger.files("1"))
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      await story(world, clock)
      world.pauseFaults(true)
    }
    return scenario.world
  }

  /// Expects that v2 took over because more of its entities reached the goal, and that the record says by how much.
  private static func expectThatSecondWon(_ history: [Record], _ story: String) throws {
    let won = try #require(
      history.first { $0.verdict == .promote && $0.revision?.model.version == "2" }, "\(story)")
    #expect(won.reason == .goesOn(warrant: .won), "\(story)")
    let report = try #require(won.goal)
    #expect(report.verdict == .better && report.candidate.share > report.stable.share)
  }

  /// Whoever has left a test of several has no share in any later record of the same rollout.
  private static func expectThatNobodyComesBack(_ history: [Record]) {
    for (index, record) in history.enumerated() where record.verdict == .rollback {
      guard let gone = record.revision, record.from.isStep, record.to.isStep else { continue }
      for later in history[index...] where later.rollout == record.rollout {
        #expect(!later.routes.flatMap(\.shares).contains { $0.revision == gone.id })
      }
    }
  }
}
