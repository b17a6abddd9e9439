import Audit
import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// A transformer and its model, each a deployment, in one group.
///
/// What must hold at every record of them is checked as it is written (`GroupInvariants`).
@Suite struct GroupStoryTests {
  /// Whatever dies: both arrive, a bad model takes the transformer back, which is not rejected for it, and goes on
  /// with the next model without a change of its own.
  @Test(arguments: UInt64(0)..<24)
  func bothArriveOrNoneWhateverDies(seed: UInt64) async throws {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(2400)) { world, clock in
      world.fail(100, ofRequestsTo: "m3")
      await Self.serve(world, clock)
      world.pauseFaults(false)
      world.commit(Self.files("t2", "m2"))
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.commit(Self.files("t3", "m3"))
      await clock.sleep(for: .seconds(350))
      world.pauseFaults(true)
      await clock.sleep(for: .seconds(50))
      #expect(Self.loaded(world) == ["m2", "t2"], "seed \(seed): \(world.story)")
      world.pauseFaults(false)
      world.commit(Self.files("t3", "m4"))
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story.joined(separator: "\n"))")
    #expect(Self.loaded(world) == ["m4", "t3"], "seed \(seed): \(world.story)")
    let model = try await world.reader().history(of: Self.model)
    let failed = try #require(
      model.last { $0.revision?.model.version == "m3" }, "seed \(seed): \(world.story)")
    #expect(failed.verdict == .rollback && failed.cause == .slo, "seed \(seed)")
    let transformer = try await world.reader().history(of: Self.transformer)
    let back = try #require(
      transformer.last { $0.cause == .group && [.rollback, .abort].contains($0.verdict) })
    guard case .peerFailed(let peer) = back.reason else {
      Issue.record("seed \(seed): \(back.text)")
      return
    }
    #expect(peer.name == "iris" && peer.revision.version == "m3", "seed \(seed): \(back.text)")
    // What waits to be recorded has no number yet.
    #expect(peer.record == failed.seq || failed.late != nil, "seed \(seed): \(back.text)")
    #expect(back.group?.name == "iris-line" && back.group?.peers.first?.state == .failed)
    if seed < 2 { #expect(back.decidedAt.since(failed.decidedAt) <= .seconds(2), "seed \(seed)") }
    #expect(transformer.allSatisfy { $0.wanted?.rejected == nil }, "seed \(seed)")
    try DriftStoryTests.auditsRight(world, atLeast: 20)
  }

  /// One has ended its bake when everything dies, and from then on every request to the other fails: that one ends
  /// as well, since there is nothing left that it would fit, and says what is wrong.
  @Test(arguments: UInt64(0)..<8)
  func noneGoesBackOnceOneHasEnded(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(900)) { world, clock in
      await Self.serve(world, clock)
      world.commit(Self.files("t2", "m2"))
      let before = world.story.count { $0.hasPrefix("complete") }
      while world.story.count(where: { $0.hasPrefix("complete") }) == before {
        await clock.sleep(for: .milliseconds(100))
      }
      world.kill()
      world.fail(100, ofRequestsTo: "m2")
      world.fail(100, ofRequestsTo: "t2")
      await clock.sleep(for: .seconds(200))
    }
    let world = scenario.world
    #expect(world.violations == [] && Self.loaded(world) == ["m2", "t2"], "\(world.story)")
    #expect(!world.story.contains { $0.hasPrefix("rollback") }, "\(world.story)")
    #expect(world.story.count { $0.hasPrefix("alert") } == 2, "\(world.story)")
    try DriftStoryTests.auditsRight(world)
  }

  /// A member whose manifest is gone, or names another group, is waited for no more; one whose manifest cannot be
  /// read, or whose new version does not get ready, is.
  @Test(arguments: ["removed", "regrouped", "wrong", "unloadable"])
  func whoLeavesIsNotWaitedFor(how: String) async throws {
    let scenario = Scenario(seed: 5, faults: World.Faults(crash: 50, hiccup: 0))
    scenario.run(for: .seconds(1500)) { world, clock in
      await Self.serve(world, clock)
      world.pauseFaults(false)
      var files = Self.files("t2", "m2")
      switch how {
      case "removed": files["transformer.yaml"] = nil
      case "regrouped":
        files["transformer.yaml"] = Self.files("t1", "m2")["transformer.yaml"]?
          .replacing("group: iris-line", with: "group: other")
      case "wrong": files["transformer.yaml"] = "kind: ModelDeployment\nmetadata: {name: ["
      default: world.breakLoading(of: "t2")
      }
      world.commit(files)
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
      await clock.sleep(for: .seconds(100))
      let expected = [
        "removed": ["m2"], "regrouped": ["m2", "t1"], "wrong": ["m1", "m2", "t1"],
        "unloadable": ["m1", "t1"],
      ]
      #expect(Self.loaded(world) == expected[how], "\(world.story)")
      if how == "removed" { return }
      world.commit(Self.files("t4", "m2"))
      await clock.sleep(for: .seconds(500))
      #expect(Self.loaded(world) == ["m2", "t4"], "\(world.story)")
    }
    #expect(scenario.world.violations == [], "\(scenario.world.story)")
    try DriftStoryTests.auditsRight(scenario.world)
  }

  /// The disk is full when the model fails: it goes back at once and is recorded later, and so does the transformer.
  @Test(arguments: UInt64(0)..<4)
  func goingBackNeedsNoDisk(seed: UInt64) async throws {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(700)) { world, clock in
      await Self.serve(world, clock)
      world.commit(Self.files("t2", "m2"))
      await clock.sleep(for: .seconds(15))
      #expect(world.plansInForce[Self.transformer]?.shares.count == 2, "\(world.story)")
      world.fillDisk(true)
      world.fail(100, ofRequestsTo: "m2")
      await clock.sleep(for: .seconds(60))
      #expect(Self.loaded(world) == ["m1", "t1"], "\(world.story)")
      world.fillDisk(false)
      await clock.sleep(for: .seconds(60))
    }
    let world = scenario.world
    let back = try await world.reader().history(of: Self.transformer).last
    #expect(back?.verdict == .rollback && back?.cause == .group && back?.late != nil)
    #expect(world.violations == [] && Self.loaded(world) == ["m1", "t1"], "\(world.story)")
    try DriftStoryTests.auditsRight(world)
  }

  /// The machine is cut off in the middle, and another one takes over that has nothing but the ledger: both members
  /// arrive there, or both are back.
  @Test(arguments: UInt64(0)..<20)
  func anotherControllerGoesOn(seed: UInt64) async throws {
    let isBad = seed % 4 == 3
    let rivals = Rivals(seed: seed, faults: World.Faults(crash: 400, hiccup: 25))
    rivals.run(for: .seconds(1500), maxPublishLag: .seconds(60), delay: .seconds(100)) {
      worlds, clock in
      for world in worlds {
        world.commit(Self.files("t1", "m1"))
        if isBad { world.fail(100, ofRequestsTo: "m2") }
      }
      await clock.sleep(for: .seconds(150))
      for world in worlds { world.commit(Self.files("t2", "m2")) }
      await clock.sleep(for: .seconds(Int64(seed) * 7))
      worlds[0].takeLedgerAway(true)
      await clock.sleep(for: .seconds(400))
      worlds[0].takeLedgerAway(false)
      await clock.sleep(for: .seconds(700))
      for world in worlds { world.pauseFaults(true) }
    }
    // Who stands by serves for a moment what the other has taken back; what a machine found while it was cut off is
    // not in the ledger, so that what it rejected is tried once more.
    let violations = rivals.violations.filter { !isBad || !$0.hasSuffix("gets requests") }
    #expect(violations == [], "seed \(seed)")
    let owner = rivals.worlds[1]
    #expect(owner.story.contains { $0.contains("two takes over") }, "seed \(seed)")
    #expect(
      Self.loaded(owner) == (isBad ? ["m1", "t1"] : ["m2", "t2"]), "seed \(seed): \(owner.story)")
  }

  private static let model = DeploymentName(namespace: "default", name: "iris")
  private static let transformer = DeploymentName(namespace: "default", name: "scaler")

  /// Both serve their first versions.
  private static func serve(_ world: World, _ clock: SimulatedClock) async {
    world.pauseFaults(true)
    world.commit(files("t1", "m1"))
    await clock.sleep(for: .seconds(200))
    #expect(loaded(world) == ["m1", "t1"], "\(world.story)")
  }

  private static func loaded(_ world: World) -> [String] {
    world.plansInForce.values.flatMap(\.loaded).map(\.model.version).sorted()
  }

  private static func files(_ transformer: String, _ model: String) -> [String: String] {
    [
      "model.yaml": manifest("iris", model, steps: "10%, 50%"),
      "transformer.yaml": manifest("scaler", transformer, steps: "20%, 40%"),
    ]
  }

  private static func manifest(_ name: String, _ version: String, steps: String) -> String {
    CrashTests.manifest(version, name: name)
      .replacing("[10%, 50%]", with: "[\(steps)]") + "\n  group: iris-line"
  }
}
