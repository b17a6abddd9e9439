import Control
import Foundation
import Git
import Ledger
import LocalRuntime
import Logging
import Manifests

// What commands do with the adapters while no controller runs.
extension Composition {
  /// Drains and stops what a controller left serving in a state folder.
  static func stopServing(state: String, logger: Logger) async throws {
    let folder = StateFolder(state)
    let lock = try StateLock(folder.url)
    for runtime in RuntimeFactory.leftovers(in: folder, logger) {
      try await runtime.shutdownLeftovers()
    }
    withExtendedLifetime(lock) {}
  }

  /// Carries out an operator's word on which history is the ledger, in place of the controller.
  static func adopt(
    _ side: Adoption.Side, because reason: String, _ configuration: ControllerConfiguration
  ) async throws -> (record: Adoption, publication: Publication)? {
    let folder = StateFolder(configuration.state)
    guard FileManager.default.fileExists(atPath: folder.ledger) else {
      throw Failure(
        .user, "\(configuration.state) holds no ledger", hint: "name the folder with --state")
    }
    let lock = try StateLock(folder.url)
    defer { withExtendedLifetime(lock) {} }
    let adopter = Adopter(
      store: try LedgerFactory.store(
        RemoteFactory.remote(
          configuration.ledger.repository, timeout: configuration.source.timeout),
        configuration.ledger, LedgerFactory.signer(configuration), in: folder),
      checkpoints: try CheckpointFolder(folder.checkpoints),
      identity: ControllerIdentity(newLifeOf: configuration))
    do {
      return try await adopter.adopt(side, because: reason, at: SystemClock().now)
    } catch let error as UnverifiedLedger {
      throw LedgerFactory.explained(error)
    }
  }

  /// Opens the ledger of a clone on this machine, or fetches it from a URL.
  static func ledger(
    _ repository: RepositorySettings, branch: String
  ) async throws -> LedgerBranch {
    let isClone = FileManager.default.fileExists(atPath: repository.url)
    return
      try isClone
      ? LedgerBranch(clone: repository.url, branch: branch)
      : await LedgerBranch.fetched(
        from: RemoteFactory.remote(repository, timeout: Defaults.fetchTimeout), branch: branch)
  }
}
