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
  private static let range = 20_000..<32_768

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
  package static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // As servers do: connections that have just ended do not keep the port.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
