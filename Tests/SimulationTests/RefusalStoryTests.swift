import Audit
import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// What is refused, and alerts that end, in a world in which everything else goes well, and in one in
/// which everything dies.
@Suite struct RefusalStoryTests {
  /// Whatever dies: each situation is told once and ended once, and an auditor decides the same again.
  @Test(arguments: UInt64(0)..<12)
  func toldOnceWhateverDies(seed: UInt64) async throws {
    let faults = seed == 0 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults)
    scenario.run(for: .seconds(3000)) { world, clock in
      world.fail(100, ofRequestsTo: "2")
      for version in ["1", "2", "1", "2"] {
        world.commit(["iris.yaml": CrashTests.manifest(version)])
        await clock.sleep(for: .seconds(250))
      }
      world.commit([:], message: "Gone\n\nSerin-Confirm: removal")
      await clock.sleep(for: .seconds(150))
      for version in ["2", "1"] {
        world.commit(["iris.yaml": CrashTests.manifest(version)])
        await clock.sleep(for: .seconds(250))
      }
      world.fail(30, ofRequestsTo: "1")
      await clock.sleep(for: .seconds(250))
      world.fail(0, ofRequestsTo: "1")
      await clock.sleep(for: .seconds(500))
      world.pauseFaults(true)
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: CrashTests.name)
    let told = history.filter { $0.cause == .manifest || $0.cause == .slo }
      .filter { [.hold, .alert, .resume].contains($0.verdict) }
      .map { "\($0.verdict) v\($0.revision?.model.version ?? "") \($0.cause)" }
    #expect(
      told == [
        "resume v1 manifest", "hold v2 manifest", "alert v2 manifest", "alert v1 slo",
        "resume v1 slo",
      ], "seed \(seed): \(world.story)")
    let refusal = try #require(history.first { $0.verdict == .hold && $0.cause == .manifest })
    #expect(refusal.wanted?.version == "2" && refusal.stable?.model.version == "1")
    #expect(refusal.wanted?.rejected?.text == "errors 100%")
    #expect(Status(refusal).yaml.contains(#"refused: "rejected 20"#))
    let end = try #require(history.last)
    #expect(end.checks.map(\.verdict) == [.pass])
    #expect(end.checks.allSatisfy { $0.logE.proof > 13_000 })
    #expect(try decisionsAuditedRight(world) == history.count)
  }

  private func decisionsAuditedRight(_ world: World) throws -> Int {
    let key = SigningKey(comment: "")
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "simulation")))
    for commit in try LedgerDraft.commits(of: LedgerDraft.drafts(of: world.ledger, key: key)) {
      try audit.check(commit)
    }
    return audit.report.decisions
  }
}
