import Crypto
package import Foundation

/// The public half of a key that signs a ledger: Ed25519, as OpenSSH writes it.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  static let type = "ssh-ed25519"

  /// Thirty-two bytes.
  let raw: Data

  init(raw: Data) { self.raw = raw }

  /// Reads ssh's wire format; nil when it is any other key, or has anything after it.
  init?(wire: Data) {
    var reader = WireReader(wire)
    guard reader.text() == Self.type, let raw = reader.string(), raw.count == 32, reader.isAtEnd
    else { return nil }
    self.raw = raw
  }

  /// Reads "AAAAC3NzaC1lZDI1NTE5AAAA…"; nil when it is any other key.
  init?(base64: some StringProtocol) {
    guard let data = Data(base64Encoded: String(base64)) else { return nil }
    self.init(wire: data)
  }

  package var wire: Data {
    var data = Data()
    data.put(Self.type)
    data.put(raw)
    return data
  }

  /// "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…".
  package var line: String { "\(Self.type) \(wire.base64EncodedString())" }

  /// "SHA256:…", as `ssh-keygen -l` prints it.
  package var description: String { fingerprint(ofKey: wire) }

  func isValid(_ signature: Data, for signed: Data) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return false }
    return key.isValidSignature(signature, for: signed)
  }
}
