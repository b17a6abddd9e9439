import Audit
import Control
import Ledger
import Rollouts
import SimulationKit
import Testing
import Threads

/// A candidate that gets copies of requests, and whose answers are compared with stable's.
@Suite struct ShadowStoryTests {
  /// Whatever dies, and whether drift is watched or not: a version that answers otherwise is rolled back for
  /// that and for nothing else, before a client gets any of it; one that answers alike is promoted.
  @Test(arguments: UInt64(0)..<8)
  func disagreementIsFoundWhateverDies(seed: UInt64) async throws {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    let isWatched = Self.isWatched(seed)
    scenario.run(for: .seconds(1500)) { world, clock in
      world.pauseFaults(true)
      world.commit(Self.files("1", isWatched: isWatched))
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.differ(20, inAnswersOf: "2")
      world.commit(Self.files("2", isWatched: isWatched))
      await clock.sleep(for: .seconds(300))
      world.commit(Self.files("3", isWatched: isWatched))
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    let two = try #require(
      history.last { $0.revision?.model.version == "2" }, "seed \(seed): \(world.story)")
    #expect(two.verdict == .rollback && two.cause == .slo, "seed \(seed): \(world.story)")
    let failed = two.checks.filter { $0.verdict == .fail }
    #expect(failed.map(\.objective.name) == ["disagreement"])
    // Where they lie is told with a profile alone, by a controller that has seen some of them itself.
    let rollback = world.story.firstIndex { $0.hasPrefix("rollback") } ?? 0
    let hasJustBegun = rollback > 0 && world.story[rollback - 1].hasPrefix("epoch")
    let isTold = two.differences?.bins.map(\.column) == ["color"]
    #expect(isTold == isWatched || hasJustBegun && !isTold, "seed \(seed): \(world.story)")
    #expect(two.differences == nil || two.differences?.bins.map(\.bin) == ["red"])
    let served = world.served(DriftLedger.name)
    #expect(two.revision.flatMap { served[$0.id] } ?? 0 > 0)
    let shares = history.filter { $0.revision == two.revision }.compactMap(\.to.route?.share)
    #expect(Set(shares) == [PerMille.none])
    let three = history.last { $0.revision?.model.version == "3" }
    #expect(three?.verdict == .complete, "seed \(seed): \(world.story)")
    try DriftStoryTests.auditsRight(world)
  }

  private static func isWatched(_ seed: UInt64) -> Bool { seed % 2 == 1 }

  /// Whatever dies: nothing is copied outside the hours, the time of the step is kept over them, and the ledger says
  /// both.
  @Test(arguments: UInt64(0)..<8)
  func hoursAreKeptWhateverDies(seed: UInt64) async throws {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    let copies = Lock([Int]())
    scenario.run(for: .seconds(1600)) { world, clock in
      func note() { copies.withLock { $0.append(world.copies(DriftLedger.name)) } }
      world.pauseFaults(true)
      world.commit(Self.nightly("1"))
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.commit(Self.nightly("2"))
      for second in [200, 300, 545, 710] {
        await clock.sleep(for: .seconds(second) - clock.now.since(SimulatedClock.start))
        note()
      }
      await clock.sleep(for: .seconds(700))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    // The clock of the story begins at 10:00 UTC, and the hours end at 10:08 and begin at 10:12.
    let counted = copies.withLock { $0 }
    #expect(counted[0] == 0 && counted[1] > 0 && counted[2] > counted[1], "\(counted)")
    #expect(counted[3] == counted[2], "\(counted)")
    let history = try await world.reader().history(of: DriftLedger.name)
    let reasons = history.filter { $0.revision?.model.version == "2" }.map(\.reason)
    let hours = reasons.filter { [.manifest].contains($0.cause) }.dropFirst()
    #expect(
      hours.map { "\($0)".prefix { $0 != "(" } } == ["outsideHours", "withinHours"],
      "\(world.story)")
    let advance = try #require(history.first { $0.to.route == .split(weight: .half) })
    // Four minutes of its six were before the gap; a crash may take some of them away.
    let started = SimulatedClock.start.advanced(by: .seconds(720))
    if seed < 2 { #expect(advance.decidedAt.since(started) < .seconds(150)) }
    #expect(history.last?.verdict == .complete)
    try DriftStoryTests.auditsRight(world)
  }

  private static func nightly(_ version: String) -> [String: String] {
    let hours = #"{from: "12:12", to: "12:08", offset: "+02:00"}"#
    return files(version, isWatched: false).mapValues {
      $0.replacing("{mirror: 50%}", with: "{mirror: 50%, atLeast: 6m, atMost: 8m, hours: \(hours)}")
    }
  }

  private static func files(_ version: String, isWatched: Bool) -> [String: String] {
    let errors = "    - errors: {below: 1%}\n"
    return DriftLedger.files(version).mapValues {
      $0.replacing("canary: {steps: [10%, 50%]", with: "canary: {steps: [{mirror: 50%}, 50%]")
        .replacing(errors, with: errors + "    - disagreement: {below: 2%}\n")
        .replacing(isWatched ? "\u{0}" : "  drift: {sample: 50%}\n", with: "")
    }
  }
}
