import Control
import Ledger
import Rollouts
import TestKit

extension Fleet {
  /// A fleet of so many deployments that are new, for which one object is everything outside.
  static func new(
    of count: Int, in world: some Runtime & Telemetry & Sampling & QuietDisk, clock: any WallClock,
    log: CapturedLog = CapturedLog()
  ) async throws -> Fleet {
    let fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: Runtimes([Runtimes.Place(name: "local", runtime: world, telemetry: world)]),
        sampling: world, store: world, checkpoints: world, clock: clock),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: log.logger)
    try await fleet.resume()
    let names = (1...count).map { "model-\($0)" }
    var repository = CatalogTests.Repository(
      Dictionary(uniqueKeysWithValues: names.map { ("\($0).yaml", CatalogTests.manifest($0)) }))
    var catalog = Catalog(runtimes: ["local"])
    await fleet.follow(try await repository.snapshot(&catalog))
    await fleet.heed { [] }
    return fleet
  }
}
