import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Two real controllers on one ledger, cut off from it and killed at any moment.
@Suite struct RivalTests {
  private static let name = DeploymentName(namespace: "default", name: "iris")

  /// The first is cut off for longer than its lease: the second takes over by itself.
  ///
  /// Never do both raise risk, whatever dies. When the first is back it is fenced, or waits when it was
  /// started again.
  @Test(arguments: UInt64(0)..<50)
  func oneRaisesRiskAndTheOtherEnds(seed: UInt64) async throws {
    let rivals = Rivals(seed: seed, faults: World.Faults(crash: 400, hiccup: 25))
    rivals.run(for: .seconds(1400), maxPublishLag: .seconds(60), delay: .seconds(100)) {
      worlds, clock in
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("1")]) }
      await clock.sleep(for: .seconds(60 + Int64(seed)))
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("2")]) }
      worlds[0].takeLedgerAway(true)
      await clock.sleep(for: .seconds(350))
      worlds[0].takeLedgerAway(false)
      await clock.sleep(for: .seconds(700))
      // Whoever is killed at the very end has not published its last epoch.
      for world in worlds { world.pauseFaults(true) }
    }
    #expect(rivals.violations == [], "seed \(seed)")
    #expect(rivals.fenced[1] == nil, "seed \(seed)")
    if let fenced = rivals.fenced[0] {
      #expect(fenced.epoch.controller.instance == "two", "seed \(seed)")
    }
    let owner = rivals.worlds[1]
    let epoch = try #require(try await owner.reader().newestEpoch()?.epoch, "seed \(seed)")
    #expect(epoch.controller.instance == "two", "seed \(seed)")
    let record = try #require(try await owner.reader().newest().first, "seed \(seed)")
    #expect(record.stable?.model.version == "2", "seed \(seed): \(owner.story)")
    #expect(owner.isEverythingPublished, "seed \(seed)")
  }

  /// A controller that lives is left alone, also when it has nothing to publish for many times its lease,
  /// dies now and then, and is started again.
  ///
  /// Four exchanges in a row that fail would end its lease, and rightly: here hardly any fails.
  @Test(arguments: UInt64(0)..<20)
  func livingControllersAreLeftAlone(seed: UInt64) async throws {
    let rivals = Rivals(seed: seed, faults: World.Faults(crash: 400, hiccup: 200))
    rivals.run(for: .seconds(1000), maxPublishLag: .seconds(60), delay: .seconds(100)) {
      worlds, clock in
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("1")]) }
      await clock.sleep(for: .seconds(60))
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("2")]) }
      await clock.sleep(for: .seconds(800))
      for world in worlds { world.pauseFaults(true) }
    }
    #expect(rivals.violations == [] && rivals.fenced.isEmpty, "seed \(seed)")
    #expect(rivals.worlds[1].story == [], "seed \(seed): \(rivals.worlds[1].story)")
    let record = try #require(try await rivals.worlds[0].reader().newest().first, "seed \(seed)")
    #expect(record.stable?.model.version == "2", "seed \(seed): \(rivals.worlds[0].story)")
    // What is recorded is served by the one that waits, too.
    let waiting = rivals.worlds[1].plansInForce[Self.name]?.shares.map(\.revision)
    #expect(waiting == record.stable.map { [$0.id] }, "seed \(seed)")
  }

  /// With an operator's word the second does not wait, and the living one is fenced at its next push.
  @Test(arguments: UInt64(0)..<5)
  func anOperatorsWordIsEnough(seed: UInt64) {
    let rivals = Rivals(seed: seed, faults: World.Faults(crash: 0, hiccup: 0), takesOver: true)
    rivals.run(for: .seconds(200), maxPublishLag: .seconds(3600), delay: .seconds(70)) {
      worlds, clock in
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("1")]) }
      await clock.sleep(for: .seconds(80))
      for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("2")]) }
    }
    #expect(rivals.fenced[0]?.epoch.controller.instance == "two" && rivals.fenced[1] == nil)
  }

  /// The checker bites: a controller that does not let the other's lease end raises risk beside it.
  @Test func withoutWaitingBothWouldRaiseRisk() {
    let violations = (UInt64(0)..<20).flatMap { seed in
      let rivals = Rivals(
        seed: seed, faults: World.Faults(crash: 0, hiccup: 0), takesOver: true)
      rivals.run(for: .seconds(400), maxPublishLag: .seconds(300), delay: .seconds(70)) {
        worlds, clock in
        for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("1")]) }
        await clock.sleep(for: .seconds(60))
        for world in worlds { world.commit(["iris.yaml": CrashTests.manifest("2")]) }
        worlds[0].takeLedgerAway(true)
      }
      return rivals.violations.filter { $0.contains("raises after") }
    }
    #expect(!violations.isEmpty)
  }

  /// The remote is away at the start: what serves goes on, nothing is admitted, and a candidate that
  /// breaks its promise is rolled back.
  @Test(arguments: UInt64(0)..<10)
  func withoutTheRemoteThereIsOnlyRetreat(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    let names = ["iris.yaml": "iris", "new.yaml": "new"]
    scenario.run(for: .seconds(400)) { world, clock in
      world.commit(["iris.yaml": CrashTests.manifest("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": CrashTests.manifest("2")])
      await clock.sleep(for: .seconds(15))
      world.takeLedgerAway(true)
      world.kill()
      world.fail(100, ofRequestsTo: "2")
      world.commit(
        names.mapValues { CrashTests.manifest($0 == "new" ? "1" : "2", name: $0) })
      await clock.sleep(for: .seconds(120))
      let decided = try? await world.reader().newest()
      #expect(decided?.map(\.verdict) == [.rollback], "seed \(seed): \(world.story)")
      #expect(!world.isEverythingPublished)
      world.takeLedgerAway(false)
    }
    #expect(scenario.world.violations == [], "seed \(seed): \(scenario.world.violations)")
    #expect(scenario.world.isEverythingPublished, "seed \(seed)")
    #expect(scenario.world.story.contains { $0.hasPrefix("admit default/new") }, "seed \(seed)")
  }
}
