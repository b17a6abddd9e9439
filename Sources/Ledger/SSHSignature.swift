import Crypto
import Foundation

/// A signature in the format of `ssh-keygen -Y sign`, which git accepts on commits.
///
/// What is signed is not the message but a short frame around its SHA-512, with the namespace "git":
/// a signature made for anything else is none of a commit.
struct SSHSignature: Equatable, Sendable {
  private static let magic = Data("SSHSIG".utf8)
  private static let label = "SSH SIGNATURE"
  private static let namespace = "git"
  private static let hash = "sha512"

  let key: PublicKey
  /// Sixty-four bytes.
  let bytes: Data

  init(key: PublicKey, bytes: Data) {
    self.key = key
    self.bytes = bytes
  }

  /// Reads an armoured signature; nil when it is none, or of another kind of key, hash or namespace.
  ///
  /// Only the one spelling that `armoured` gives is read: nothing in it can be changed unnoticed.
  init?(armoured text: String) {
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
  func isValid(for payload: [UInt8]) -> Bool {
    key.isValid(bytes, for: Self.frame(around: payload))
  }

  /// What the key really signs.
  static func frame(around payload: [UInt8]) -> Data {
    var data = magic
    data.put(namespace)
    data.put("")
    data.put(hash)
    data.put(Data(SHA512.hash(data: payload)))
    return data
  }
}
