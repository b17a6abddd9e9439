import Foundation
import Git
import Ledger
import Manifests

/// Makes the source of manifests: a clone of its own of the branch, and who may sign its commits.
enum SourceFactory {
  static func source(
    _ remote: GitRemote, _ settings: SourceSettings, in folder: StateFolder
  ) throws -> GitSource {
    try GitSource(
      remote: remote, branch: settings.branch, path: settings.path, repository: folder.source,
      signatures: signatures(settings))
  }

  private static func signatures(_ settings: SourceSettings) throws -> GitSource.Signatures {
    let keyring = try settings.gpgKeyring.map(keyring)
    guard let path = settings.allowedSigners ?? settings.gpgKeyring else {
      return GitSource.Signatures()
    }
    let data = try settings.allowedSigners.map { try Data(given: $0) } ?? Data()
    do throws(AllowedSignersError) {
      let signers = try SourceSigners(String(decoding: data, as: UTF8.self), keyring: keyring)
      guard signers.isEmpty else {
        return GitSource.Signatures(by: signers, areRequired: settings.requireSigned)
      }
    } catch {
      throw Failure(.user, "\(path): \(error)")
    }
    throw Failure(
      .user, "\(path) has no key that can be checked",
      hint: "a line is: ada@example.org ssh-ed25519 AAAA…; ECDSA and RSA keys will do as well")
  }

  /// Signatures that the operator wants checked, and nobody can, are no detail.
  private static func keyring(_ path: String) throws -> OpenPGPKeyring {
    _ = try Data(given: path)
    guard let keyring = OpenPGPKeyring(file: path) else {
      throw Failure(
        .user, "gpgKeyring needs gpgv, which is not on the path", hint: "apt-get install gpgv")
    }
    return keyring
  }
}
