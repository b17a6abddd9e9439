import CCurl
import Glibc

/// Which addresses are anybody's, and not this machine's or its network's.
package enum PublicAddress {
  /// IPv4 networks that IANA keeps for special purposes: this machine, private networks, links, tests, groups.
  private static let special: [(network: [UInt8], bits: Int)] = [
    ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16), ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24), ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24), ([224, 0, 0, 0], 3),
  ]
  /// Networks of IPv6 inside the public one that are special, or lead to an IPv4 address (Teredo, 6to4).
  private static let specialOfSix: [(network: [UInt8], bits: Int)] = [
    ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16),
    ([0x3F, 0xFF, 0x00], 20),
  ]

  /// Whether the four or sixteen bytes of an address are those of a public one.
  package static func isPublic(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4: return !special.contains { begins(bytes, with: $0.network, $0.bits) }
    case 16:
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11].allSatisfy { $0 == 0xFF }
      if isMapped { return isPublic(Array(bytes[12...])) }
      return begins(bytes, with: [0x20], 3)
        && !specialOfSix.contains { begins(bytes, with: $0.network, $0.bits) }
    default: return false
    }
  }

  private static func begins(_ bytes: [UInt8], with network: [UInt8], _ bits: Int) -> Bool {
    (0..<bits).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return bytes[bit / 8] & mask == network[bit / 8] & mask
    }
  }

  /// Whether libcurl is about to connect to a public address; a socket of another kind is none.
  static func isPublic(_ address: UnsafePointer<curl_sockaddr>) -> Bool {
    guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return false }
    // libcurl's own structure goes on behind the type that it declares: an address of IPv6 is longer.
    let place = UnsafeRawPointer(address) + offset
    switch address.pointee.family {
    case AF_INET:
      let four = place.loadUnaligned(as: sockaddr_in.self).sin_addr
      return isPublic(withUnsafeBytes(of: four) { Array($0) })
    case AF_INET6:
      guard address.pointee.addrlen >= UInt32(MemoryLayout<sockaddr_in6>.size) else { return false }
      let six = place.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return isPublic(withUnsafeBytes(of: six) { Array($0) })
    default: return false
    }
  }
}
