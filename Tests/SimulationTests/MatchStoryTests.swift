import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// A candidate that clients ask for by a header before others meet it.
@Suite struct MatchStoryTests {
  /// Whatever dies, a version that fails is rolled back by the clients that asked for it.
  ///
  /// One that does not fail goes live. All of it can be derived again.
  @Test(arguments: UInt64(0)..<6)
  func faultsAreFoundByThoseWhoAsk(seed: UInt64) async throws {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(1500)) { world, clock in
      world.carrySome()
      world.pauseFaults(true)
      world.commit(Self.files("1"))
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.fail(30, ofRequestsTo: "2")
      world.commit(Self.files("2"))
      await clock.sleep(for: .seconds(300))
      world.commit(Self.files("3"))
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    let two = try #require(
      history.last { $0.revision?.model.version == "2" }, "seed \(seed): \(world.story)")
    #expect(two.verdict == .rollback && two.cause == .slo, "seed \(seed): \(world.story)")
    #expect(two.from.route?.isMatch == true, "seed \(seed): \(world.story)")
    #expect(two.exposure.candidate > 0)
    let three = history.last { $0.revision?.model.version == "3" }
    #expect(three?.verdict == .complete, "seed \(seed): \(world.story)")
    try DriftStoryTests.auditsRight(world)
  }

  private static func files(_ version: String) -> [String: String] {
    DriftLedger.files(version).mapValues {
      $0.replacing(
        "canary: {steps: [10%, 50%]",
        with: "canary: {steps: [{match: {header: x-beta, value: \"true\"}}, 50%]"
      ).replacing("  drift: {sample: 50%}\n", with: "")
    }
  }
}
