import Foundation
import Git
import Ledger
import Logging
import Manifests

/// Makes the store of the ledger, and says what an operator should know of it.
enum LedgerFactory {
  static func store(
    _ remote: GitRemote, _ settings: LedgerSettings, _ signingKey: SigningKey?,
    in folder: StateFolder
  ) throws -> GitLedgerStore {
    do {
      return try GitLedgerStore(
        remote: remote, branch: settings.branch, repository: folder.ledger,
        committer: settings.committer, signingKey: signingKey)
    } catch {
      throw explained(error)
    }
  }

  /// A remote that fails is waited for; an error of git that ends the controller is of its own
  /// repository of the ledger.
  static func explained(_ error: any Error) -> any Error {
    guard let error = error as? GitError else { return error }
    return Failure(
      .user, "\(error)",
      hint: "if ledger.git is damaged, move it away: the next start reads the ledger from its "
        + "remote again, without the decisions that were not published")
  }

  /// Says once whether anybody will be able to tell the controller's decisions from forged ones.
  static func announce(_ key: SigningKey?, _ settings: LedgerSettings, _ logger: Logger) {
    guard let key else {
      return logger.warning(
        "the ledger is not signed: whoever can push to it can forge a decision",
        metadata: [
          "branch": "\(settings.branch)", "to-sign-it": "serin keygen; --signing-key FILE",
        ])
    }
    logger.info(
      "the ledger is signed", metadata: ["branch": "\(settings.branch)", "key": "\(key.publicKey)"])
  }
}

extension ControllerIdentity {
  /// A new life of the controller.
  init(newLifeOf configuration: ControllerConfiguration) {
    self.init(
      instance: configuration.name, version: Version.current,
      life: UUID().uuidString.lowercased(), lease: configuration.ledger.maxPublishLag)
  }
}
