import Crypto

/// The SHA-256 of some bytes, as text: "sha256:" and 64 hexadecimal digits.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  package let hexadecimal: String

  private static let prefix = "sha256:"

  package init(of bytes: some Sequence<UInt8>) { hexadecimal = sha256Hex(bytes) }

  /// Takes a hash that was computed elsewhere: 32 bytes.
  package init(bytes: [UInt8]) { hexadecimal = hexadecimalText(bytes) }

  /// The 32 bytes of the hash.
  package var bytes: [UInt8] {
    let digits = Array(hexadecimal.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { place in
      value(digits[place]) << 4 | value(digits[place + 1])
    }
  }

  private func value(_ digit: UInt8) -> UInt8 {
    digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
  }

  /// Reads "sha256:…"; nil when it is anything else, capital letters included.
  package init?(_ text: String) {
    let digits = text.utf8.dropFirst(Self.prefix.utf8.count)
    let isHexadecimal = digits.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    guard text.hasPrefix(Self.prefix), digits.count == 64, isHexadecimal else { return nil }
    hexadecimal = String(text.dropFirst(Self.prefix.count))
  }

  package var description: String { Self.prefix + hexadecimal }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let digest = Digest(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no sha256 digest")
    }
    self = digest
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Returns the SHA-256 of bytes in 64 small hexadecimal digits.
package func sha256Hex(_ bytes: some Sequence<UInt8>) -> String {
  var hash = SHA256()
  if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: .init($0)) }) == nil {
    hash.update(data: Array(bytes))
  }
  return hexadecimalText(hash.finalize())
}

private func hexadecimalText(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: text, as: UTF8.self)
}
