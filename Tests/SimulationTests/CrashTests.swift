import Control
import Foundation
import Ledger
import Rollouts
import SimulationKit
import Testing

/// The real controller, killed at every edge of every effect, in a world that lives on.
@Suite struct CrashTests {
  /// 300 worlds, or as many as `SERIN_SEEDS` says, from `SERIN_FIRST_SEED` on.
  private static let seeds: Range<UInt64> = {
    let (first, count) = (number("SERIN_FIRST_SEED") ?? 0, number("SERIN_SEEDS") ?? 300)
    return first..<first + count
  }()

  private static func number(_ variable: String) -> UInt64? {
    ProcessInfo.processInfo.environment[variable].flatMap(UInt64.init)
  }

  /// Whatever dies and whenever: a good model is promoted, a bad one rolled back, and no decision is
  /// lost, doubled or carried out before it was recorded, and no request counted twice.
  @Test(arguments: seeds)
  func storyEndsWellWhateverDies(seed: UInt64) async throws {
    let scenario = Self.told(seed: seed, World.Faults(crash: 40, hiccup: 25))
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let record = try #require(try await world.reader().newest().first, "seed \(seed)")
    #expect(
      record.stable?.model.version == "2",
      "seed \(seed):\n\(world.story.joined(separator: "\n"))")
    let history = try await world.reader().history(of: Self.name)
    let verdicts = history.filter { $0.revision?.model.version == "3" }.map(\.verdict)
    #expect(verdicts.last == .rollback, "seed \(seed): \(world.story)")
    #expect(world.isEverythingPublished, "seed \(seed)")
    let recorded = history.map { $0.exposure.candidate + $0.exposure.stable }.reduce(0, +)
    let served = world.served(Self.name).values.reduce(0, +)
    #expect(recorded <= served, "seed \(seed): a request was counted twice")
    let tried = history.filter { $0.revision?.model.version == "2" }.map(\.exposure.candidate)
    #expect(tried.reduce(0, +) >= 2 * 50, "seed \(seed): two steps ask for 50 requests each")
  }

  /// The same with a baseline beside each candidate, which has its share and nothing after it.
  @Test(arguments: UInt64(0)..<20)
  func storyWithABaselineEndsWellWhateverDies(seed: UInt64) async throws {
    let scenario = Self.told(
      seed: seed, World.Faults(crash: 60, hiccup: 40),
      manifest: { Self.manifest($0, dependence: "matched") })
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: Self.name)
    let record = try #require(history.last, "seed \(seed)")
    #expect(record.stable?.model.version == "2", "seed \(seed): \(world.story)")
    let verdicts = history.filter { $0.revision?.model.version == "3" }.map(\.verdict)
    #expect(verdicts.last == .rollback, "seed \(seed): \(world.story)")
    let splits = history.map { $0.routes.flatMap(\.shares).map(\.weight.value) }.filter {
      $0.count > 1
    }
    #expect(Set(splits) == [[800, 100, 100], [500, 500]], "seed \(seed): \(world.story)")
    let served = world.served(Self.name).filter { $0.key.description.contains("-baseline-") }
    #expect(served.count == 2 && served.values.allSatisfy { $0 > 0 }, "seed \(seed)")
    #expect(world.plansInForce[Self.name]?.loaded.count == 1, "seed \(seed)")
  }

  /// A failing seed must fail again.
  @Test(arguments: UInt64(0)..<20)
  func sameSeedSameStory(seed: UInt64) {
    let faults = World.Faults(crash: 40, hiccup: 25)
    #expect(Self.told(seed: seed, faults).world.story == Self.told(seed: seed, faults).world.story)
  }

  /// The faults really happen: without this the tests above could pass in a peaceful world.
  @Test func controllersDieOften() {
    let crashes = (UInt64(0)..<20).map { seed in
      Self.told(seed: seed, World.Faults(crash: 40, hiccup: 25)).world.crashes
    }
    #expect(crashes.reduce(0, +) > 400, "\(crashes)")
  }

  /// The remote goes away before a rollback: it happens at once, and is published later.
  @Test(arguments: UInt64(0)..<20)
  func rollbackNeedsNoRemote(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(400)) { world, clock in
      world.commit(["iris.yaml": Self.manifest("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": Self.manifest("2")])
      await clock.sleep(for: .seconds(12))
      world.takeRemoteAway(true)
      world.fail(100, ofRequestsTo: "2")
      await clock.sleep(for: .seconds(60))
      let isUnpublished = !world.isEverythingPublished
      let last = try? await world.reader().newest().first?.verdict
      #expect(last == .rollback && isUnpublished, "seed \(seed): \(world.story)")
      #expect(world.plansInForce[Self.name]?.shares.count == 1)
      world.takeRemoteAway(false)
    }
    #expect(scenario.world.isEverythingPublished)
    #expect(scenario.world.violations == [])
  }

  /// The disk fills up before a rollback: it happens at once, and its record follows when there is room.
  @Test(arguments: UInt64(0)..<20)
  func rollbackNeedsNoDisk(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(400)) { world, clock in
      await Self.fillBeforeRollback(world, clock)
      // Nothing that would raise risk happens meanwhile.
      world.commit(["iris.yaml": Self.manifest("3")])
      await clock.sleep(for: .seconds(20))
      #expect(world.plansInForce[Self.name]?.loaded.map(\.model.version) == ["1"])
      world.fillDisk(false)
    }
    let world = scenario.world
    let history = try await world.reader().history(of: Self.name)
    let late = try #require(history.first { $0.verdict == .rollback }, "seed \(seed)")
    #expect(late.revision?.model.version == "2")
    #expect(late.late?.detail?.description == "checkpoint on a full disk failed")
    #expect(late.text.hasSuffix(" (recorded late: checkpoint on a full disk failed)"))
    #expect(history.last?.verdict == .complete && history.last?.stable?.model.version == "3")
    #expect(!history.contains { $0.verdict == .gap })
    #expect(world.isEverythingPublished && world.violations == [], "\(world.violations)")
  }

  /// A controller that could write the checkpoint forgets nothing, however often recording was tried in vain.
  @Test(arguments: UInt64(0)..<20)
  func lateRollbackOutlivesTheController(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(400)) { world, clock in
      await Self.failBeforeRollback(world, clock) { $0.lockLedger(true) }
      world.kill()
      await clock.sleep(for: .seconds(20))
      #expect(world.plansInForce[Self.name]?.shares.count == 1)
      world.lockLedger(false)
    }
    let world = scenario.world
    let history = try await world.reader().history(of: Self.name)
    let late = try #require(
      history.first { $0.verdict == .rollback }, "seed \(seed): \(world.story)")
    #expect(late.late?.detail?.description == "commit over a lock failed")
    #expect(!history.contains { $0.verdict == .gap })
    #expect(world.isEverythingPublished && world.violations == [], "\(world.violations)")
  }

  /// Of several decisions that wait each says what it led to, and not what came of it later: one that is lost behind
  /// another is missed.
  @Test(arguments: UInt64(0)..<20)
  func lateDecisionsAreToldApart(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(400)) { world, clock in
      await Self.failBeforeRollback(world, clock, percent: 5) { $0.lockLedger(true) }
      world.kill()
      await clock.sleep(for: .seconds(20))
      world.lockLedger(false)
    }
    let history = try await scenario.world.reader().history(of: Self.name)
    let late = history.filter { $0.late != nil }
    #expect(late.map(\.verdict) == [.hold, .rollback], "seed \(seed): \(scenario.world.story)")
    #expect(late.map { $0.routes.flatMap(\.shares).count } == [2, 1], "seed \(seed)")
    #expect(late.map(\.generation) == [late[1].generation - 1, late[1].generation])
    #expect(scenario.world.violations == [], "\(scenario.world.violations)")
  }

  /// A controller that dies as well forgets the rollback: the next one finds that the runtime is ahead
  /// of the ledger, stays with stable, and says that a decision was lost.
  @Test(arguments: UInt64(0)..<20)
  func lostRollbackIsAGap(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(400)) { world, clock in
      await Self.fillBeforeRollback(world, clock)
      world.kill()
      await clock.sleep(for: .seconds(20))
      #expect(world.plansInForce[Self.name]?.shares.count == 1)
      world.fillDisk(false)
    }
    let world = scenario.world
    let history = try await world.reader().history(of: Self.name)
    let gap = try #require(history.first { $0.verdict == .gap }, "seed \(seed): \(world.story)")
    #expect(gap.routes.flatMap(\.shares).map(\.revision) == [gap.stable?.id], "\(world.story)")
    #expect(world.isEverythingPublished && world.violations == [], "\(world.violations)")
  }

  /// v1 serves, v2 is on trial when there is no room left and it begins to fail; v1 has all traffic
  /// again a minute later, and nothing is recorded.
  private static func fillBeforeRollback(_ world: World, _ clock: SimulatedClock) async {
    await failBeforeRollback(world, clock) { $0.fillDisk(true) }
  }

  /// v2 has a share and begins to fail just when something else does.
  private static func failBeforeRollback(
    _ world: World, _ clock: SimulatedClock, percent: Int = 100, _ begin: (World) -> Void
  ) async {
    world.commit(["iris.yaml": manifest("1")])
    await clock.sleep(for: .seconds(60))
    world.commit(["iris.yaml": manifest("2")])
    await clock.sleep(for: .seconds(12))
    #expect(world.plansInForce[name]?.shares.count == 2)
    let recorded = world.ledger
    begin(world)
    world.fail(percent, ofRequestsTo: "2")
    await clock.sleep(for: .seconds(60))
    #expect(world.plansInForce[name]?.shares.count == 1)
    #expect(world.ledger == recorded)
  }

  /// Many manifests that vanish at once are held until a commit confirms it.
  @Test func massRemovalIsHeld() async throws {
    let names = (1...8).map { "model-\($0)" }
    let all = Dictionary(
      uniqueKeysWithValues: names.map { ("\($0).yaml", Self.manifest("1", name: $0)) })
    let scenario = Scenario(seed: 1, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(300)) { world, clock in
      world.commit(all)
      await clock.sleep(for: .seconds(60))
      world.commit([:])
      await clock.sleep(for: .seconds(60))
      #expect(world.plansInForce.values.count { !$0.shares.isEmpty } == 8)
      world.commit([:], message: "They are meant to go\n\nSerin-Confirm: removal")
      await clock.sleep(for: .seconds(60))
      #expect(world.plansInForce.values.count { !$0.shares.isEmpty } == 0)
    }
    #expect(scenario.world.violations == [])
  }

  /// A manifest that becomes wrong, with a crash in between, is not taken for a removal.
  @Test func wrongManifestIsNoRemoval() async throws {
    let scenario = Scenario(seed: 3, faults: World.Faults(crash: 30, hiccup: 0))
    scenario.run(for: .seconds(300)) { world, clock in
      world.commit(["iris.yaml": Self.manifest("1")])
      await clock.sleep(for: .seconds(100))
      world.commit(["iris.yaml": "kind: ["])
      let crashes = world.crashes
      await clock.sleep(for: .seconds(200))
      #expect(world.crashes > crashes, "nobody died after it")
    }
    #expect(scenario.world.plansInForce[Self.name]?.shares.count == 1)
    #expect(!scenario.world.story.contains { $0.hasPrefix("decommission") })
  }

  static let name = DeploymentName(namespace: "default", name: "iris")

  /// v1 serves, v2 is healthy, v3 fails every request.
  ///
  /// What goes wrong pauses before v3 and at the end: how a story ends is asked of a controller that
  /// lives long enough to end it.
  static func told(
    seed: UInt64, _ faults: World.Faults, start: Instant = SimulatedClock.start,
    in prepare: (World) -> Void = { _ in },
    manifest: @escaping @Sendable (String) -> String = { CrashTests.manifest($0) }
  ) -> Scenario {
    let scenario = Scenario(seed: seed, faults: faults, start: start)
    prepare(scenario.world)
    scenario.run(for: .seconds(1400)) { world, clock in
      world.fail(100, ofRequestsTo: "3")
      world.commit(["iris.yaml": manifest("1")])
      await clock.sleep(for: .seconds(150))
      world.commit(["iris.yaml": manifest("2")])
      await clock.sleep(for: .seconds(550))
      world.pauseFaults(true)
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.commit(["iris.yaml": manifest("3")])
      await clock.sleep(for: .seconds(350))
      world.pauseFaults(true)
    }
    return scenario
  }

  static func manifest(
    _ version: String, name: String = "iris", dependence: String = "interval"
  ) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name)}
    spec:
      model:
        version: "\(version)"
        uri: file:///models/\(version)
        format: sklearn
      strategy:
        canary: {steps: [10%, 50%], atLeast: 20s, atMost: 2m}
      slos:
        - errors: {below: 1%}
      analysis: {interval: 5s, minRequests: 50, dependence: \(dependence)}
      bake: 30s
    """
  }
}
