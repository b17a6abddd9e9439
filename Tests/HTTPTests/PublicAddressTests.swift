import Glibc
import HTTP
import TestKit
import Testing

/// Which addresses others may have us connect to.
@Suite struct PublicAddressTests {
  @Test(
    arguments: [
      ([8, 8, 8, 8], true), ([1, 1, 1, 1], true), ([172, 15, 255, 255], true),
      ([172, 32, 0, 1], true),
      ([192, 167, 255, 255], true), ([100, 128, 0, 1], true), ([223, 255, 255, 255], true),
      ([0, 0, 0, 0], false), ([10, 1, 2, 3], false), ([100, 64, 0, 1], false),
      ([127, 0, 0, 1], false),
      ([127, 255, 255, 255], false), ([169, 254, 169, 254], false), ([172, 16, 0, 1], false),
      ([172, 31, 255, 255], false), ([192, 168, 0, 1], false), ([198, 19, 0, 1], false),
      ([224, 0, 0, 1], false), ([255, 255, 255, 255], false), ([], false), ([8, 8, 8], false),
    ] as [([UInt8], Bool)])
  func ofIPv4(bytes: [UInt8], isPublic: Bool) {
    #expect(PublicAddress.isPublic(bytes) == isPublic)
    guard bytes.count == 4 else { return }
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
    #expect(PublicAddress.isPublic(mapped) == isPublic)
  }

  @Test(
    arguments: [
      ([0x2A, 0x00, 0x14, 0x50], true), ([0x26, 0x06, 0x47, 0x00], true),
      ([0x20, 0x01, 0x48, 0x60], true),
      ([0, 0, 0, 0], false), ([0xFC], false), ([0xFD, 0x12], false), ([0xFE, 0x80], false),
      ([0xFF, 0x02], false), ([0x20, 0x01, 0, 0], false), ([0x20, 0x02, 0x7F], false),
      ([0x20, 0x01, 0x0D, 0xB8], false), ([0, 0x64, 0xFF, 0x9B], false),
    ] as [([UInt8], Bool)])
  func ofIPv6(start: [UInt8], isPublic: Bool) {
    let bytes = start + [UInt8](repeating: 0, count: 15 - start.count) + [1]
    #expect(PublicAddress.isPublic(bytes) == isPublic)
  }

  /// The address is looked at where it is connected to, so a name that was looked up before tells nothing.
  @Test(arguments: ["127.0.0.1", "localhost", "[::1]"])
  func noConnectionIsMade(host: String) async throws {
    let listener = try ListeningSocket()
    var request = HTTPRequest("http://\(host):\(listener.port)/")
    request.publicAddressesOnly = true
    let error = await #expect(throws: HTTPError.self) { try await HTTPClient().send(request) }
    #expect(error?.kind == .refused && error?.message == "the host has no public address")
    #expect(!listener.wasConnectedTo)
  }
}

/// A socket that listens on every address of this machine, and answers nobody.
private final class ListeningSocket {
  private let descriptor: Int32
  let port: Int

  init() throws {
    descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let number = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, length) == 0 && listen(number, 8) == 0
          && getsockname(number, $0, &length) == 0
      }
    }
    try #require(isBound)
    port = Int(UInt16(bigEndian: address.sin6_port))
  }

  deinit { close(descriptor) }

  var wasConnectedTo: Bool {
    let connection = accept(descriptor, nil, nil)
    if connection >= 0 { close(connection) }
    return connection >= 0
  }
}
