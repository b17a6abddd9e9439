import Crypto
package import Foundation

/// Reads the strings of ssh's wire format: a length of four bytes, then the bytes.
package struct WireReader {
  private var rest: Data

  package init(_ data: Data) { rest = data }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func integer() -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  package mutating func string() -> Data? {
    guard let count = integer(), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Data(rest.prefix(count))
  }

  package mutating func text() -> String? {
    string().flatMap { String(bytes: $0, encoding: .utf8) }
  }

  /// Returns what no length was read of.
  package mutating func remainder() -> Data {
    defer { rest = Data() }
    return Data(rest)
  }
}

extension Data {
  mutating func put(integer value: Int) {
    append(contentsOf: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
  }

  mutating func put(_ string: some Collection<UInt8>) {
    put(integer: string.count)
    append(contentsOf: string)
  }

  mutating func put(_ text: String) { put(text.utf8) }

  /// In base64, in lines of 70 characters between two others: how OpenSSH writes keys and signatures.
  func armoured(as label: String) -> String {
    var text = Array("-----BEGIN \(label)-----\n".utf8)
    let base64 = Array(base64EncodedData())
    for start in stride(from: 0, to: base64.count, by: 70) {
      text += base64[start..<Swift.min(start + 70, base64.count)]
      text.append(0x0A)
    }
    text += "-----END \(label)-----\n".utf8
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads what `armoured` wrote, in lines of any length; nil when it is anything else.
  package init?(armoured text: String, as label: String) {
    let lines = text.utf8.split { $0 == 0x0A || $0 == 0x0D }
      .map { $0.first == 0x20 ? $0.dropFirst() : $0 }
    guard lines.count > 2, lines[0].elementsEqual("-----BEGIN \(label)-----".utf8),
      lines[lines.count - 1].elementsEqual("-----END \(label)-----".utf8)
    else { return nil }
    var base64: [UInt8] = []
    for line in lines.dropFirst().dropLast() { base64 += line }
    self.init(base64Encoded: Data(base64))
  }
}

/// Returns the type that a public key in ssh's wire format begins with, such as "ssh-ed25519".
package func keyType(of key: Data) -> String {
  var reader = WireReader(key)
  return reader.text() ?? "unknown type"
}

/// Returns what `ssh-keygen -l` prints of a public key in ssh's wire format.
package func fingerprint(ofKey key: Data) -> String {
  let digest = Data(SHA256.hash(data: key)).base64EncodedString()
  return "SHA256:" + digest.replacing("=", with: "")
}
