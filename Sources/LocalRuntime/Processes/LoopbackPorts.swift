import Crypto
import Foundation
import Glibc

/// Ports of the loopback interface for model servers.
///
/// They lie below the range from which the kernel takes the ports of outgoing connections:
/// otherwise any client on the machine could occupy a server's port while it restarts.
package struct LoopbackPorts: Sendable {
  private var taken: Set<Int> = []

  package init() {}

  /// Linux's default range of outgoing ports begins at 32768.
  static let range = 20_000..<32_768

  /// Marks ports that a server has since an earlier controller.
  package mutating func keep(_ ports: [Int]) { taken.formUnion(ports) }

  package mutating func giveBack(_ ports: [Int]) { taken.subtract(ports) }

  /// Returns free ports, which are then the caller's.
  ///
  /// The search begins at a place given by `seed`, so that controllers beside each other seldom
  /// look at the same port at the same time.
  package mutating func take(_ count: Int, seed: String) throws -> [Int] {
    let digest = SHA256.hash(data: Data(seed.utf8))
    let start = digest.prefix(4).reduce(0) { $0 << 8 | Int($1) } % Self.range.count
    var found: [Int] = []
    for offset in 0..<Self.range.count where found.count < count {
      let port = Self.range.lowerBound + (start + offset) % Self.range.count
      if !taken.contains(port), Self.isFree(port) { found.append(port) }
    }
    guard found.count == count else {
      throw LocalRuntimeError(
        .process, "find \(count) free ports", "all of \(Self.range) are taken")
    }
    keep(found)
    return found
  }

  /// Whether nothing listens on a port.
  package static func isFree(_ port: Int) -> Bool { bindError(port, on: "127.0.0.1") == 0 }

  /// Whether somebody else has an address, which the system alone can say.
  static func isTaken(_ port: Int, on host: String) -> Bool {
    bindError(port, on: host) == EADDRINUSE
  }

  /// Tries to take a port of a numeric address; returns 0, or what the system answered.
  private static func bindError(_ port: Int, on host: String) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found?.pointee else {
      return EINVAL
    }
    defer { freeaddrinfo(found) }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.ai_family, type, 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    // As servers do: connections that have just ended do not keep the port.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    return bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno
  }
}
