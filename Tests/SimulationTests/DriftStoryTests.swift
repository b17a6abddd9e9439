import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Drift in a world in which everything else goes well, and in one in which everything dies.
@Suite struct DriftStoryTests {
  /// Whatever dies: a version whose predictions collapse, while every answer comes in time, is rolled
  /// back for that, and a shift of the inputs is told and blames nobody.
  @Test(arguments: UInt64(0)..<12)
  func driftIsFoundWhateverDies(seed: UInt64) async throws {
    let faults = seed == 0 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(3000)) { world, clock in
      world.pauseFaults(true)
      for version in ["1", "2"] {
        world.commit(DriftLedger.files(version))
        await clock.sleep(for: .seconds(300))
      }
      world.pauseFaults(false)
      world.collapsePredictions(of: "3")
      world.commit(DriftLedger.files("3"))
      await clock.sleep(for: .seconds(300))
      world.shiftInputs(true)
      await clock.sleep(for: .seconds(300))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    let two = history.filter { $0.revision?.model.version == "2" && $0.cause != .drift }
    #expect(two.last?.verdict == .complete, "seed \(seed): \(world.story)")
    let three = try #require(
      history.last { $0.revision?.model.version == "3" }, "seed \(seed): \(world.story)")
    #expect(three.verdict == .rollback && three.cause == .drift, "seed \(seed): \(world.story)")
    #expect(three.drift.first?.subject == .predictions)
    #expect(three.checks.allSatisfy { $0.verdict != .fail }, "seed \(seed)")
    let told = history.filter { $0.verdict == .alert }
    #expect(told.map(\.cause) == [.drift], "seed \(seed): \(world.story)")
    #expect(told.first?.drift.last?.moved.map(\.column) == ["amount"])
    try Self.auditsRight(world)
  }

  /// Whatever dies: when what serves alone begins to answer all alike, that is told, once, with the bin
  /// that moved; the traffic is as ever, and nothing is taken back.
  @Test(arguments: UInt64(0)..<6)
  func answersThatMovedAreToldWhateverDies(seed: UInt64) async throws {
    let faults = seed == 0 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(1200)) { world, clock in
      world.commit(
        DriftLedger.files("1").mapValues {
          $0.replacing("drift: {sample: 50%}", with: "drift: {sample: 50%, outputs: {}}")
        })
      await clock.sleep(for: .seconds(400))
      world.collapsePredictions(of: "1")
      await clock.sleep(for: .seconds(400))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let told = try await world.reader().history(of: DriftLedger.name).filter { $0.cause == .drift }
    #expect(told.map(\.verdict) == [.alert], "seed \(seed): \(world.story)")
    let report = try #require(told.first?.drift.last)
    #expect(report.subject == .outputs && report.moved.map(\.column) == ["class"])
    #expect(told.first?.drift.first?.verdict == .pass)
    try Self.auditsRight(world, atLeast: 3)
  }

  /// Every decision on drift can be made again from what was recorded.
  static func auditsRight(_ world: World, atLeast decisions: Int = 6) throws {
    #expect(try world.audited() >= decisions)
  }
}
