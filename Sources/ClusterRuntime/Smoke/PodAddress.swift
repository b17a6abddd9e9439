import Glibc

/// An address that a pod says it has, once it is known to be one that may be asked.
///
/// Who writes a pod's status is believed no further than this: no name to resolve, no loopback, no link or address where
/// clouds tell secrets, no group.
struct PodAddress: Equatable, Sendable {
  /// As it stands in a URL: "10.244.0.11", "[fd00::11]".
  let host: String

  /// Reads an address; nil when it is none, or one that no pod has: loopback is one where the whole cluster is on this machine.
  init?(_ text: String, takesLoopback: Bool) {
    if let four = Self.bytes(text, AF_INET, 4) {
      let isRefused =
        four[0] == 0 || four[0] >= 224 || four.starts(with: [169, 254])
        || (four[0] == 127 && !takesLoopback)
      guard !isRefused else { return nil }
      host = four.map(String.init).joined(separator: ".")
    } else if let six = Self.bytes(text, AF_INET6, 16) {
      let isRefused =
        six.starts(with: Self.special) || Self.others.contains { six.starts(with: $0) }
        || six[0] == 0xFF
        || (six[0] == 0xFE && six[1] & 0xC0 == 0x80)
      guard !isRefused || (takesLoopback && six == Self.special + [0, 0, 0, 0, 0, 1]) else {
        return nil
      }
      host = "[\(text)]"
    } else {
      return nil
    }
  }

  /// What begins so is unspecified, loopback, or an IPv4 address in other clothes.
  private static let special = [UInt8](repeating: 0, count: 10)
  /// IPv4 behind a translator, and where one of the clouds tells secrets over IPv6.
  private static let others: [[UInt8]] = [
    [0x00, 0x64, 0xFF, 0x9B], [0xFD, 0x00, 0x0E, 0xC2],
  ]

  private static func bytes(_ text: String, _ family: Int32, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, text, &bytes) == 1 ? bytes : nil
  }
}
