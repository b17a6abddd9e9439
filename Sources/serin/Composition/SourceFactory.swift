import Foundation
import Git
import Ledger
import Logging
import Manifests

/// Makes the source of manifests: a clone of its own of the branch, and who may sign its commits.
enum SourceFactory {
  static func source(
    _ remote: GitRemote, _ settings: SourceSettings, in folder: StateFolder, _ logger: Logger
  ) throws -> GitSource {
    let files = [settings.allowedSigners, settings.gpgKeyring].compactMap(\.self)
    let signers =
      try files.isEmpty
      ? nil
      : RenewedValue(of: files, say: { logger.stale(files, $0) }) { try Self.signers(settings) }
    return try GitSource(
      remote: remote, branch: settings.branch, path: settings.path, repository: folder.source,
      rules: SourceRules(
        signers: signers, areRequired: settings.requireSigned,
        isFastForwardOnly: settings.fastForwardOnly))
  }

  private static func signers(_ settings: SourceSettings) throws -> SourceSigners {
    let keyring = try settings.gpgKeyring.map(keyring)
    let path = settings.allowedSigners ?? settings.gpgKeyring ?? ""
    let data = try settings.allowedSigners.map { try Data(given: $0) } ?? Data()
    do throws(AllowedSignersError) {
      let signers = try SourceSigners(String(decoding: data, as: UTF8.self), keyring: keyring)
      guard signers.isEmpty else { return signers }
    } catch {
      throw Failure(.user, "\(path): \(error)")
    }
    throw Failure(
      .user, "\(path) has no key that can be checked",
      hint: "a line is: ada@example.org ssh-ed25519 AAAA…; ECDSA and RSA keys will do as well")
  }

  /// Signatures that the operator wants checked, and nobody can, are no detail.
  private static func keyring(_ path: String) throws -> OpenPGPKeyring {
    guard let keyring = OpenPGPKeyring(Array(try Data(given: path))) else {
      throw Failure(
        .user, "gpgKeyring needs gpgv, which is not on the path", hint: "apt-get install gpgv")
    }
    return keyring
  }
}

extension Logger {
  /// Says that a change of files is not followed; what was read before stays in force.
  func stale(_ files: [String], _ reason: String) {
    warning(
      "a file was changed and cannot be used: what was read before stays in force",
      metadata: ["files": "\(files.joined(separator: " "))", "reason": "\(reason)"])
  }
}
