import Crypto
package import Foundation

/// A signature in the format of `ssh-keygen -Y sign`, which git accepts on commits.
///
/// What is signed is not the message but a short frame around its SHA-512, with the namespace "git":
/// a signature made for anything else is none of a commit.
package struct SSHSignature: Equatable, Sendable {
  fileprivate static let magic = Data("SSHSIG".utf8)
  fileprivate static let label = "SSH SIGNATURE"
  fileprivate static let namespace = "git"
  private static let hash = "sha512"

  package let key: PublicKey
  /// Sixty-four bytes.
  let bytes: Data

  init(key: PublicKey, bytes: Data) {
    self.key = key
    self.bytes = bytes
  }

  /// Reads an armoured signature; nil when it is none, or of another kind of key, hash or namespace.
  ///
  /// Only the one spelling that `armoured` gives is read: nothing in it can be changed unnoticed.
  package init?(armoured text: String) {
    guard let data = Data(armoured: text, as: Self.label), data.starts(with: Self.magic) else {
      return nil
    }
    var reader = WireReader(Data(data.dropFirst(Self.magic.count)))
    guard reader.integer() == 1, let key = reader.string().flatMap(PublicKey.init(wire:)),
      reader.text() == Self.namespace, reader.text() == "", reader.text() == Self.hash,
      let inner = reader.string()
    else { return nil }
    var innerReader = WireReader(inner)
    guard innerReader.text() == PublicKey.type, let bytes = innerReader.string() else { return nil }
    self.init(key: key, bytes: bytes)
    guard armoured == text else { return nil }
  }

  var armoured: String {
    var inner = Data()
    inner.put(PublicKey.type)
    inner.put(bytes)
    var data = Self.magic
    data.put(integer: 1)
    data.put(key.wire)
    data.put(Self.namespace)
    data.put("")
    data.put(Self.hash)
    data.put(inner)
    return data.armoured(as: Self.label)
  }

  /// Whether the key made this signature of `payload`.
  package func isValid(for payload: [UInt8]) -> Bool {
    key.isValid(bytes, for: Self.frame(around: payload))
  }

  /// What the key really signs.
  static func frame(around payload: [UInt8]) -> Data {
    frame(around: Data(SHA512.hash(data: payload)), of: hash)
  }

  fileprivate static func frame(around digest: Data, of hash: String) -> Data {
    var data = magic
    data.put(namespace)
    data.put("")
    data.put(hash)
    data.put(digest)
    return data
  }
}

/// A signature in the same format by a key of any type, as people make them with git.
package struct SSHEnvelope: Sendable {
  /// The public key, in ssh's wire format.
  package let key: Data
  /// The type of the signature and its bytes, in ssh's wire format.
  package let signature: Data
  private let hash: String

  /// Reads an armoured signature; nil when it is none, or made for anything but git.
  package init?(armoured text: String) {
    guard let data = Data(armoured: text, as: SSHSignature.label),
      data.starts(with: SSHSignature.magic)
    else { return nil }
    var reader = WireReader(Data(data.dropFirst(SSHSignature.magic.count)))
    guard reader.integer() == 1, let key = reader.string(),
      reader.text() == SSHSignature.namespace, reader.text() == "", let hash = reader.text(),
      let signature = reader.string(), reader.isAtEnd
    else { return nil }
    (self.key, self.signature, self.hash) = (key, signature, hash)
  }

  /// Returns what the key has signed if this is a signature of `payload`; nil for a hash that
  /// OpenSSH does not use.
  package func signed(_ payload: [UInt8]) -> Data? {
    switch hash {
    case "sha256": SSHSignature.frame(around: Data(SHA256.hash(data: payload)), of: hash)
    case "sha512": SSHSignature.frame(around: Data(SHA512.hash(data: payload)), of: hash)
    default: nil
    }
  }
}
