import Ledger
import Rollouts
import SimulationKit
import Testing

/// Whom the records name, whatever else is pushed and whatever dies.
@Suite struct AuthorStoryTests {
  private static let name = DeploymentName(namespace: "default", name: "iris")

  private static func records(
    until end: Duration, seed: UInt64 = 1, crash: UInt64 = 0,
    script: @escaping @Sendable (World, SimulatedClock) async -> Void
  ) async throws -> [Record] {
    let scenario = Scenario(seed: seed, faults: World.Faults(crash: crash, hiccup: 0))
    scenario.run(for: end, script: script)
    #expect(scenario.world.violations == [])
    return try await scenario.world.reader().history(of: name)
  }

  /// "admit 2 Ada", in the order of the decisions; those who changed it newest first.
  private static func told(_ records: [Record]) -> [String] {
    records.map { record in
      let names = (record.source?.changes ?? []).map { String($0.author.prefix { $0 != " " }) }
      let version = record.revision?.model.version ?? "-"
      return ([record.verdict.rawValue, version] + names).joined(separator: " ")
    }
  }

  private static let one = CrashTests.manifest("1")
  private static let two = CrashTests.manifest("2")

  /// Ada asks for version 2, and Bob's commit, pushed with it, changes something else.
  ///
  /// Ada is named, at each decision, though the tip is Bob's; and Eve, who removes the manifest, where it is
  /// removed. So it is when the controller dies at every turn.
  @Test(arguments: UInt64(0)..<40)
  func othersAreNotBlamed(seed: UInt64) async throws {
    let records = try await Self.records(until: .seconds(700), seed: seed, crash: seed < 5 ? 0 : 60)
    {
      world, clock in
      // Another deployment, or a controller that starts would take the removal of all for a mistake.
      let other = CrashTests.manifest("1", name: "other")
      func commit(_ iris: String?, _ text: String, by author: String) {
        world.commit(
          ["iris.yaml": iris, "other.yaml": other, "README": text].compactMapValues(\.self),
          by: author)
      }
      commit(Self.one, "0", by: "Ada")
      await clock.sleep(for: .seconds(150))
      commit(Self.two, "0", by: "Ada")
      commit(Self.two, "1", by: "Bob")
      await clock.sleep(for: .seconds(40))
      commit(Self.two, "2", by: "Bob")
      await clock.sleep(for: .seconds(250))
      commit(nil, "2", by: "Eve")
      commit(nil, "3", by: "Bob")
    }
    for record in records where record.cause != .runtime {
      let isRemoval = record.verdict == .decommission || record.to == .retired
      #expect(
        record.source?.changes.map(\.author) == [
          isRemoval ? "Eve <eve@example.org>" : "Ada <ada@example.org>"
        ], "seed \(seed): \(Self.told(records))")
      #expect(record.source?.moreChanges == 0)
    }
    let tips = Set(records.compactMap { $0.source?.commit.suffix(1) })
    #expect(!tips.isDisjoint(with: ["3", "4"]), "seed \(seed): \(tips)")
    #expect(records.contains { $0.verdict == .decommission }, "seed \(seed): \(Self.told(records))")
  }

  /// Two that change it before it is looked at are both named; who corrects a comment while it is tried
  /// asked for nothing; and who puts the older version back is named for that.
  @Test func everybodyWhoChangedItIsNamed() async throws {
    let records = try await Self.records(until: .seconds(400)) { world, clock in
      world.commit(["iris.yaml": Self.one], by: "Ada")
      await clock.sleep(for: .seconds(150))
      world.commit(["iris.yaml": Self.two + "\n# soon"], by: "Ada")
      world.commit(["iris.yaml": Self.two], by: "Bob")
      await clock.sleep(for: .seconds(12))
      world.commit(["iris.yaml": "# ours\n" + Self.two], by: "Eve")
      await clock.sleep(for: .seconds(12))
      world.commit(["iris.yaml": Self.one], by: "Grace")
    }
    let told = Self.told(records).filter { $0.contains(" 2") }
    #expect(told.first == "admit 2 Bob Ada", "\(told)")
    #expect(told.last?.hasPrefix("abort 2 Grace") == true, "\(told)")
    #expect(
      told.dropFirst().dropLast().allSatisfy { $0.hasSuffix("2 Bob Ada") } && told.count > 2,
      "\(told)")
  }

  /// A profile that is replaced alone makes another revision, and whoever replaced it asked for that.
  @Test func profilesHaveAuthors() async throws {
    let records = try await Self.records(until: .seconds(500)) { world, clock in
      var files = DriftLedger.files("1")
      world.commit(files, by: "Ada")
      await clock.sleep(for: .seconds(150))
      files["p.yaml"] = files["p.yaml"]?.replacing("train.csv", with: "later.csv")
      world.commit(files, by: "Bob")
      world.commit(files.merging(["README": "1"]) { $1 }, by: "Eve")
    }
    let admitted = records.filter { $0.verdict == .admit }
    #expect(Self.told(admitted) == ["admit 1 Ada", "admit 1 Bob"])
    #expect(admitted.last?.source?.changes.map(\.paths) == [["p.yaml"]])
  }
}
