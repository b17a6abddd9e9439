package import Ledger
import Rollouts

/// The ledger of steps with windows of their own in simulation, every time the same.
///
/// v2 waits in vain for those who ask for it, until one request in ten does; then its first share waits for more
/// requests than the others, and it completes.
package enum WindowsLedger {
  /// Returns its commits, oldest first; the same at each call.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 7, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(700)) { world, clock in
      world.commit(files("1"))
      await clock.sleep(for: .seconds(120))
      world.commit(files("2"))
      await clock.sleep(for: .seconds(90))
      world.carrySome()
    }
    return scenario.world.ledger
  }

  private static let steps = """
    [{match: {header: x-beta, value: "true"}, analysis: {minRequests: 100, noDataAfter: 30s}}, \
    {weight: 10%, analysis: {minRequests: 700}}, 50%]
    """

  private static func files(_ version: String) -> [String: String] {
    DriftLedger.files(version).mapValues {
      $0.replacing("[10%, 50%]", with: steps).replacing("  drift: {sample: 50%}\n", with: "")
    }
  }
}
