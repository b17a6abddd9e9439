package import Ledger

/// A small real ledger of what is compared: answers in pairs, at certain hours, those who ask by a header, and tenants.
///
/// v2 answers otherwise than v1, v3 goes by all steps and waits for its hours, and v4 fails one tenant.
package enum ComparedLedger {
  /// Returns its commits, oldest first; the same at each call.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 7, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(1250)) { world, clock in
      world.carrySome()
      world.differ(20, inAnswersOf: "2")
      world.fail(60, requestsOf: "tenant-c", with: "4")
      for (version, seconds) in [("1", 120), ("2", 320), ("3", 510)] {
        world.commit(files(version))
        await clock.sleep(for: .seconds(seconds))
      }
      world.commit(files("4"))
    }
    return scenario.world.ledger
  }

  /// The hours end eight minutes after the world's clock began, and begin four minutes later.
  private static let steps = """
    [{mirror: 50%, atLeast: 1m, hours: {from: "12:12", to: "12:08", offset: "+02:00"}}, \
    {match: {header: x-beta, value: "true"}}, {weight: 50%, atLeast: 90s}]
    """

  private static func files(_ version: String) -> [String: String] {
    DriftLedger.files(version).mapValues {
      $0.replacing("[10%, 50%]", with: steps)
        .replacing(
          "    - errors: {below: 1%}\n",
          with: "    - errors: {below: 15%}\n    - disagreement: {below: 2%}\n"
        )
        .replacing(
          "  drift: {sample: 50%}\n",
          with: "  drift: {sample: 50%}\n  slices: {by: {header: x-tenant}}\n")
    }
  }
}
