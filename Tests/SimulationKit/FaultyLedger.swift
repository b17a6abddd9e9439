import Control
package import Ledger
import Rollouts

/// A real ledger of a bad day: a record that is late, a server that ends, a second life, a removal.
package enum FaultyLedger {
  /// Returns its commits, oldest first; each call returns equal ones.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 5, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(900)) { world, clock in
      world.commit(["iris.yaml": SmallLedger.iris("1")])
      await clock.sleep(for: .seconds(60))
      await failOnAFullDisk(world, clock)
      world.kill()
      await clock.sleep(for: .seconds(20))
      world.commit(["iris.yaml": suspended("3")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": SmallLedger.iris("3")])
      await clock.sleep(for: .seconds(200))
      world.commit([:], message: "Remove it\n\n\(Snapshot.confirmation)")
    }
    return scenario.world.ledger
  }

  private static func failOnAFullDisk(_ world: World, _ clock: SimulatedClock) async {
    world.commit(["iris.yaml": SmallLedger.iris("bad")])
    await clock.sleep(for: .seconds(12))
    world.fillDisk(true)
    world.fail(100, ofRequestsTo: "bad")
    await clock.sleep(for: .seconds(40))
    world.fillDisk(false)
    await clock.sleep(for: .seconds(10))
  }

  private static func suspended(_ version: String) -> String {
    SmallLedger.iris(version).replacing("spec:\n", with: "spec:\n  suspended: true\n")
  }
}
