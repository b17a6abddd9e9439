package import Ledger

/// Who may sign the commits of manifests: the operator's file, in the format of OpenSSH.
///
///     ada@example.org namespaces="git" ssh-ed25519 AAAA… her laptop
///     grace@example.org ecdsa-sha2-nistp256 AAAA…
package struct SourceSigners: Equatable, Sendable {
  private let principals: [SignerKey: String]
  private let keyring: OpenPGPKeyring?

  /// Nobody: every key is unknown.
  static let none = SourceSigners(principals: [:], keyring: nil)

  private init(principals: [SignerKey: String], keyring: OpenPGPKeyring?) {
    (self.principals, self.keyring) = (principals, keyring)
  }

  /// Reads the file; keys of types that cannot be checked are passed over.
  ///
  /// - Parameters:
  ///   - text: The contents of the file.
  ///   - keyring: Those who may sign with GPG; without it such signatures are not checked.
  /// - Throws: `AllowedSignersError` at the first line that is wrong.
  package init(_ text: String, keyring: OpenPGPKeyring? = nil) throws(AllowedSignersError) {
    self.keyring = keyring
    let lines = try AllowedSignersLine.all(of: text) { line throws(AllowedSignersLine.Problem) in
      try Self.signer(in: line)
    }
    principals = Dictionary(lines) { "\($0),\($1)" }
  }

  package var isEmpty: Bool { principals.isEmpty && keyring == nil }

  private static func signer(
    in line: AllowedSignersLine
  ) throws(AllowedSignersLine.Problem) -> (SignerKey, String)? {
    guard SignerKey.types.contains(String(line.type)) else { return nil }
    guard let key = line.key.flatMap({ SignerKey(base64: $0, of: String(line.type)) }) else {
      throw AllowedSignersLine.Problem("the key after \(line.type) cannot be read")
    }
    if let word = line.comment.first(where: { $0.hasPrefix("valid-") }) {
      throw AllowedSignersLine.Problem(
        "\(AllowedSignersLine.shown(word)) is about decisions of a ledger, not about manifests")
    }
    return (key, line.principals.joined(separator: ","))
  }

  /// Returns what can be said of the signature of a commit object.
  package func signer(of object: [UInt8]) -> SourceSigner {
    guard let commit = SignedCommit(object) else { return SourceSigner(.bad) }
    guard let text = commit.signature else { return SourceSigner(.unsigned) }
    if Self.isForeign(text) {
      return keyring?.signer(of: text, over: commit.payload) ?? SourceSigner(.gpgUnchecked)
    }
    guard let envelope = SSHEnvelope(armoured: text) else { return SourceSigner(.bad) }
    return signer(of: envelope, over: commit.payload)
  }

  /// A key of a type that cannot be checked is nobody's: the file cannot name it.
  private func signer(of envelope: SSHEnvelope, over payload: [UInt8]) -> SourceSigner {
    let key = SignerKey(wire: envelope.key)
    let fingerprint = key.fingerprint
    guard SignerKey.types.contains(keyType(of: envelope.key)) else {
      return SourceSigner(.unknownKey, key: fingerprint)
    }
    guard let signed = envelope.signed(payload), key.isValid(envelope.signature, of: signed) else {
      return SourceSigner(.bad, key: fingerprint)
    }
    guard let principal = principals[key] else {
      return SourceSigner(.unknownKey, key: fingerprint)
    }
    return SourceSigner(.good, principal: principal, key: fingerprint)
  }

  /// Whether a signature is one of OpenPGP, or of a certificate (X.509).
  private static func isForeign(_ text: String) -> Bool {
    ["PGP SIGNATURE", "PGP MESSAGE", "SIGNED MESSAGE"].contains {
      text.hasPrefix("-----BEGIN \($0)-----\n")
    }
  }
}
