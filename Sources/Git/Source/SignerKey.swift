import Crypto
import CryptoExtras
import Foundation
import Ledger

/// The public key of somebody who signs commits: Ed25519, ECDSA or RSA, as OpenSSH writes it.
///
/// Keys on security tokens sign something else around the commit, and are not known here.
struct SignerKey: Hashable, Sendable {
  private enum Material {
    case ed25519(Curve25519.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case rsa(_RSA.Signing.PublicKey)
  }

  /// Every type that can be checked.
  static let types = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  private let wire: Data

  /// Takes a key in ssh's wire format.
  init(wire: Data) { self.wire = wire }

  /// Reads "AAAA…"; nil when it is no key of this type, or an RSA key of less than 2048 bits.
  init?(base64: Substring, of type: String) {
    guard let data = Data(base64Encoded: String(base64)), keyType(of: data) == type else {
      return nil
    }
    wire = data
    guard material != nil else { return nil }
  }

  var fingerprint: String { Ledger.fingerprint(ofKey: wire) }

  private var material: Material? {
    var reader = WireReader(wire)
    guard let type = reader.text(), let first = reader.string() else { return nil }
    let second = reader.string()
    guard reader.isAtEnd else { return nil }
    switch (type, second) {
    case ("ssh-ed25519", nil):
      return (try? Curve25519.Signing.PublicKey(rawRepresentation: first)).map(Material.ed25519)
    case ("ssh-rsa", let modulus?):
      return (try? _RSA.Signing.PublicKey(n: modulus, e: first)).map(Material.rsa)
    case (_, let point?) where type == "ecdsa-sha2-\(String(decoding: first, as: UTF8.self))":
      return Self.curve(type, point)
    default: return nil
    }
  }

  private static func curve(_ type: String, _ point: Data) -> Material? {
    switch type {
    case "ecdsa-sha2-nistp256":
      (try? P256.Signing.PublicKey(x963Representation: point)).map(Material.p256)
    case "ecdsa-sha2-nistp384":
      (try? P384.Signing.PublicKey(x963Representation: point)).map(Material.p384)
    case "ecdsa-sha2-nistp521":
      (try? P521.Signing.PublicKey(x963Representation: point)).map(Material.p521)
    default: nil
    }
  }

  /// Whether the key made a signature of `signed`: its type and its bytes, in ssh's wire format.
  ///
  /// The type must be one that this key makes. RSA over SHA-1, whose type is that of the key itself,
  /// is none. Each curve goes with the hash of its size (RFC 5656).
  func isValid(_ signature: Data, of signed: Data) -> Bool {
    var reader = WireReader(signature)
    guard let material, let type = reader.text(), let bytes = reader.string(), reader.isAtEnd else {
      return false
    }
    guard type == keyType(of: wire) || type.hasPrefix("rsa-") else { return false }
    return switch material {
    case .ed25519(let key): key.isValidSignature(bytes, for: signed)
    case .p256(let key):
      Self.numbers(bytes, size: 32)
        .flatMap { try? P256.Signing.ECDSASignature(rawRepresentation: $0) }
        .map { key.isValidSignature($0, for: signed) } ?? false
    case .p384(let key):
      Self.numbers(bytes, size: 48)
        .flatMap { try? P384.Signing.ECDSASignature(rawRepresentation: $0) }
        .map { key.isValidSignature($0, for: signed) } ?? false
    case .p521(let key):
      Self.numbers(bytes, size: 66)
        .flatMap { try? P521.Signing.ECDSASignature(rawRepresentation: $0) }
        .map { key.isValidSignature($0, for: signed) } ?? false
    case .rsa(let key): Self.isRSA(type, bytes, by: key, of: signed)
    }
  }

  private static func isRSA(
    _ type: String, _ bytes: Data, by key: _RSA.Signing.PublicKey, of signed: Data
  ) -> Bool {
    let signature = _RSA.Signing.RSASignature(rawRepresentation: bytes)
    return switch type {
    case "rsa-sha2-256":
      key.isValidSignature(
        signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5)
    case "rsa-sha2-512":
      key.isValidSignature(
        signature, for: SHA512.hash(data: signed), padding: .insecurePKCS1v1_5)
    default: false
    }
  }

  /// Returns the two numbers of an ECDSA signature one behind the other, each in `size` bytes.
  private static func numbers(_ bytes: Data, size: Int) -> Data? {
    var reader = WireReader(bytes)
    guard let r = reader.string(), let s = reader.string(), reader.isAtEnd else { return nil }
    var raw = Data()
    for number in [r, s] {
      let digits = number.drop { $0 == 0 }
      guard digits.count <= size else { return nil }
      raw += Data(count: size - digits.count) + digits
    }
    return raw
  }
}
