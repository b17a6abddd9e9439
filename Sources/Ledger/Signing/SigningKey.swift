import Crypto
import Foundation

/// Why a file is no key that a ledger can be signed with.
package enum SigningKeyError: Error, Equatable, CustomStringConvertible {
  case unreadable
  case encrypted
  case otherType(String)
  case damaged

  package var description: String {
    switch self {
    case .unreadable: "this is not a private key as OpenSSH writes it"
    case .encrypted: "the key has a passphrase, and a controller has nobody to ask for it"
    case .otherType(let type):
      "this is a key of the type \(type), and ledgers are signed with ssh-ed25519"
    case .damaged: "the key is damaged: its parts do not fit together"
    }
  }
}

/// The private key that signs the commits of a ledger: Ed25519, without a passphrase.
///
/// Shown nowhere: what it prints is the fingerprint of its public half.
package struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  private let key: Curve25519.Signing.PrivateKey
  package let comment: String

  private static let label = "OPENSSH PRIVATE KEY"
  private static let magic = Data("openssh-key-v1\0".utf8)

  /// Makes a new key.
  package init(comment: String) {
    key = Curve25519.Signing.PrivateKey()
    self.comment = comment
  }

  package var publicKey: PublicKey { PublicKey(raw: key.publicKey.rawRepresentation) }
  package var description: String { publicKey.description }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Returns the signature of a commit as git keeps it.
  package func sign(_ payload: [UInt8]) throws -> String {
    let bytes = try key.signature(for: SSHSignature.frame(around: payload))
    return SSHSignature(key: publicKey, bytes: bytes).armoured
  }
}

// MARK: - The file of OpenSSH

extension SigningKey {
  /// Reads the text of a file that `ssh-keygen -t ed25519` or `serin keygen` wrote.
  package init(openSSH text: String) throws(SigningKeyError) {
    guard let data = Data(armoured: text, as: Self.label) else { throw Self.refusal(of: text) }
    guard data.starts(with: Self.magic) else { throw .unreadable }
    var reader = WireReader(Data(data.dropFirst(Self.magic.count)))
    guard let cipher = reader.text(), reader.text() != nil, reader.string() != nil,
      reader.integer() == 1, let publicPart = reader.string(), let secret = reader.string()
    else { throw .damaged }
    let type = keyType(of: publicPart)
    guard type == PublicKey.type else { throw .otherType(type) }
    guard cipher == "none" else { throw .encrypted }
    try self.init(secret: secret, publicPart: publicPart)
  }

  private init(secret: Data, publicPart: Data) throws(SigningKeyError) {
    var reader = WireReader(secret)
    guard let check = reader.integer(), check == reader.integer(),
      reader.text() == PublicKey.type, let half = reader.string(), let both = reader.string(),
      both.count == 64, both.suffix(32) == half, let comment = reader.text(),
      Self.padding.starts(with: reader.remainder()),
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: both.prefix(32)),
      key.publicKey.rawRepresentation == half, PublicKey(wire: publicPart)?.raw == half
    else { throw .damaged }
    self.key = key
    self.comment = comment
  }

  /// OpenSSH fills the secret part up to blocks of eight with 1, 2, 3, ….
  private static let padding: [UInt8] = [1, 2, 3, 4, 5, 6, 7]

  private static func refusal(of text: String) -> SigningKeyError {
    let label = text.firstMatch(of: /^-----BEGIN ([A-Z0-9 ]{0,40}?) ?PRIVATE KEY-----/)?.1
    switch label {
    case nil: return .unreadable
    case "OPENSSH": return .damaged
    case "ENCRYPTED": return .encrypted
    case "": return .otherType("PKCS#8")
    case .some(let type): return .otherType(String(type))
    }
  }

  /// The file, as OpenSSH reads it.
  package var openSSH: String {
    let half = publicKey.raw
    // Two equal numbers, by which OpenSSH sees that a passphrase was right; any number does.
    let check = Data(SHA256.hash(data: half).prefix(4))
    var secret = check + check
    secret.put(PublicKey.type)
    secret.put(half)
    secret.put(key.rawRepresentation + half)
    secret.put(comment)
    secret.append(contentsOf: Self.padding.prefix((8 - secret.count % 8) % 8))
    var data = Self.magic
    for text in ["none", "none", ""] { data.put(text) }
    data.put(integer: 1)
    data.put(publicKey.wire)
    data.put(secret)
    return data.armoured(as: Self.label)
  }
}
