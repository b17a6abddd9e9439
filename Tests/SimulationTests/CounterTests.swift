import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Counters that start again or stand still, under the real controller.
@Suite struct CounterTests {
  static let name = CrashTests.name

  /// Series start again by themselves all the time: a good model is promoted, and no request is counted
  /// twice.
  ///
  /// What was counted between the last look and the restart is lost, and no more.
  @Test(arguments: UInt64(0)..<20)
  func restartedCountersCountNothingTwice(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    let world = scenario.world
    scenario.run(for: .seconds(400)) { world, clock in
      world.commit(["iris.yaml": CrashTests.manifest("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": CrashTests.manifest("2")])
      for second in 0..<300 {
        await clock.sleep(for: .seconds(1))
        let loaded = world.plansInForce[Self.name]?.shares ?? []
        guard second % 20 == 7, let share = loaded.last else { continue }
        world.restartCounters(of: share.revision, in: Self.name)
      }
    }
    let history = try await world.reader().history(of: Self.name)
    #expect(history.last?.stable?.model.version == "2", "seed \(seed): \(world.story)")
    let recorded = history.map { $0.exposure.candidate + $0.exposure.stable }.reduce(0, +)
    let served = world.served(Self.name).values.reduce(0, +)
    #expect(recorded <= served && recorded > served / 4, "seed \(seed): \(recorded) of \(served)")
  }

  /// Counters that are told again and again as they were are no data: a step holds, and does not go on.
  @Test(arguments: UInt64(0)..<10)
  func countersThatStandStillAreNoData(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    let world = scenario.world
    scenario.run(for: .seconds(400)) { world, clock in
      world.commit(["iris.yaml": CrashTests.manifest("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": CrashTests.manifest("2")])
      await clock.sleep(for: .seconds(8))
      world.freezeCounters(true)
    }
    let history = try await world.reader().history(of: Self.name)
    #expect(history.last?.stable?.model.version == "1", "seed \(seed): \(world.story)")
    #expect(history.contains { $0.verdict == .hold }, "seed \(seed): \(world.story)")
  }
}
