import Audit
import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Ten tenants, of whom one gets errors from a new version.
@Suite struct SliceStoryTests {
  /// Whatever dies: the version is taken back, and the record names the tenant, although all requests together keep the
  /// promise; one that treats all tenants well takes over.
  @Test(arguments: UInt64(0)..<6)
  func theBadTenantIsNamedWhateverDies(seed: UInt64) async throws {
    let faults = seed < 2 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    let (key, asked) = Self.keys[Int(seed) % Self.keys.count]
    scenario.run(for: .seconds(1900)) { world, clock in
      world.pauseFaults(true)
      world.commit(Self.files("1", by: key))
      await clock.sleep(for: .seconds(200))
      world.pauseFaults(false)
      world.fail(60, requestsOf: "tenant-c", with: "3")
      world.commit(Self.files("2", by: key))
      await clock.sleep(for: .seconds(700))
      world.commit(Self.files("3", by: key))
      await clock.sleep(for: .seconds(700))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: DriftLedger.name)
    #expect(
      history.contains { $0.verdict == .complete && $0.revision?.model.version == "2" },
      "seed \(seed): \(world.story)")
    let bad = try #require(
      history.last { $0.revision?.model.version == "3" && $0.verdict == .rollback },
      "seed \(seed): \(world.story)")
    guard case .sliceBroken(let breach) = bad.reason else {
      Issue.record("seed \(seed): \(bad.text)")
      return
    }
    #expect(breach.name == "tenant-c" && breach.objective.isOfErrors && breach.others == 0)
    #expect(breach.by == asked)
    let worst = try #require(bad.slices?.slices.first)
    #expect(worst.name == "tenant-c" && worst.checks.first?.verdict == .fail)
    #expect(bad.checks.first?.verdict != .fail)
    try DriftStoryTests.auditsRight(world)
  }

  /// What names a tenant, as it is written and as it is recorded.
  private static let keys: [(String, SliceKey)] = [
    ("{header: x-tenant}", .header(name: "x-tenant")), ("{input: tenant}", .input(name: "tenant")),
    ("{json: parameters.tenant}", .json(path: ["parameters", "tenant"])),
  ]

  /// Nothing but slices asks for samples; the promise holds for all requests together.
  private static func files(_ version: String, by key: String) -> [String: String] {
    DriftLedger.files(version).mapValues {
      $0.replacing("atLeast: 20s, atMost: 2m", with: "atLeast: 90s, atMost: 4m")
        .replacing("  drift: {sample: 50%}\n", with: "  slices: {by: \(key)}\n")
        .replacing("errors: {below: 1%}", with: "errors: {below: 15%}")
    }
  }
}
