import Control
import Foundation
import Git
import Ledger
import Logging
import Manifests

/// Makes the store of the ledger, and says what an operator should know of it.
enum LedgerFactory {
  /// Makes the store; with a key, one that verifies what it finds before anything obeys it.
  static func store(
    _ remote: GitRemote, _ settings: LedgerSettings, _ signer: Signer?, in folder: StateFolder
  ) throws -> any AdoptingStore {
    do {
      let store = try GitLedgerStore(
        remote: remote, branch: settings.branch, repository: folder.ledger,
        committer: settings.committer, signingKey: signer?.key)
      guard let signer else { return store }
      return VerifyingStore(
        store, signers: signer.allowed.current, trustedSince: settings.trustedSince)
    } catch {
      throw explained(error)
    }
  }

  /// The key that signs a ledger, and whose commits are obeyed.
  struct Signer {
    let key: SigningKey
    /// This controller's key, and those in the operator's file as it is now.
    let allowed: RenewedValue<AllowedSigners>
  }

  /// Reads the key of a ledger, and the file of those whose commits are obeyed; nil without a key.
  static func signer(
    _ configuration: ControllerConfiguration, _ logger: Logger? = nil
  ) throws -> Signer? {
    let settings = configuration.ledger
    guard let key = try settings.signingKeyFile.map(SigningKeyFile.read) else {
      guard settings.allowedSigners == nil, settings.trustedSince == nil else {
        throw Failure(
          .user, "the ledger has allowed signers, and no key to sign it with",
          hint: "serin keygen makes a key: spec.ledger.signingKeyFile, or --signing-key FILE")
      }
      return nil
    }
    let (file, name) = (settings.allowedSigners, configuration.name)
    let files = [file].compactMap(\.self)
    let allowed = try RenewedValue(of: files, say: { logger?.stale(files, $0) }) {
      AllowedSigners(
        try file.map(AuditVerifyCommand.signers), and: key.publicKey, of: name)
    }
    return Signer(key: key, allowed: allowed)
  }

  /// A remote that fails is waited for; an error of git that ends the controller is of its own
  /// repository of the ledger.
  static func explained(_ error: any Error) -> any Error {
    if let error = error as? UnverifiedLedger { return explained(error) }
    guard let error = error as? GitError else { return error }
    return Failure(
      .user, "\(error)",
      hint: "if ledger.git is damaged, move it away: the next start reads the ledger from its "
        + "remote again, without the decisions that were not published")
  }

  private static func explained(_ error: UnverifiedLedger) -> Failure {
    let toDo = error.distrust.toDo
    let hint =
      switch error.distrust.cause {
      case .unverified:
        "\(toDo). If everything up to here is right all the same, say so: spec.ledger.trustedSince: "
          + error.tip
      case .tooLarge: toDo
      }
    return Failure(.user, "\(error)", hint: hint)
  }

  /// Says once whether the controller's decisions can be told from forged ones.
  static func announce(_ signer: Signer?, _ settings: LedgerSettings, _ logger: Logger) {
    guard let signer else {
      return logger.warning(
        """
        the ledger is neither signed nor verified: who can push to it can forge a decision, and this \
        controller obeys it
        """,
        metadata: [
          "branch": "\(settings.branch)", "to-sign-it": "serin keygen; --signing-key FILE",
        ])
    }
    logger.info(
      "the ledger is signed, and verified before it is obeyed",
      metadata: [
        "branch": "\(settings.branch)", "key": "\(signer.key.publicKey)",
        "allowed-keys": "\(Set(signer.allowed.current().signers.map(\.key)).count)",
      ])
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
