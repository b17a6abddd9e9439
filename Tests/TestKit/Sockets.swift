import Glibc

/// Returns whether something accepts connections on a port of the loopback interface.
package func isListening(on port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = loopback(port)
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

/// A server that accepts every connection (the kernel does) and never says a word.
package final class SilentServer: Sendable {
  package let port: Int
  private let descriptor: Int32

  package init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw ProcessFailure(description: "no silent server") }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  /// Breaks every connection, and takes no more.
  package func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// A connection on which a test sends what it likes, and as slowly.
package final class BareConnection: Sendable {
  private let descriptor: Int32

  /// Connects from an address of the loopback network, of which each is a client of its own.
  package init(to port: Int, from source: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var (own, address) = (loopback(0, source), loopback(port))
    let descriptor = descriptor
    let status = withUnsafePointer(to: &own) { own in
      withUnsafePointer(to: &address) { address in
        own.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
          | address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
      }
    }
    guard status == 0 else { throw ProcessFailure(description: "no connection to \(port)") }
  }

  deinit { close(descriptor) }

  package func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Returns what the other side said and, whether it has closed the connection; waits for neither.
  package func look() -> (text: String, isClosed: Bool) {
    var (text, buffer) = ("", [UInt8](repeating: 0, count: 4096))
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return (text, count == 0 || errno == ECONNRESET) }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
  }
}

/// Breaks every connection that this process has to a port, wherever that is, as a proxy between does; returns how many.
///
/// Whoever uses one is told by its next read or write.
package func breakConnections(to port: Int) -> Int {
  let limit = Int32(sysconf(Int32(_SC_OPEN_MAX)))
  return (0..<min(limit, 65536)).count { descriptor in
    peerPort(of: descriptor) == port && shutdown(descriptor, Int32(SHUT_RDWR)) == 0
  }
}

/// The port at the other end of a connection; nil when a descriptor is none.
private func peerPort(of descriptor: Int32) -> Int? {
  var address = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  let isConnected = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      getpeername(descriptor, $0, &length) == 0
    }
  }
  guard isConnected, [AF_INET, AF_INET6].contains(Int32(address.ss_family)) else { return nil }
  // In both families the port follows the family.
  return withUnsafeBytes(of: &address) {
    Int(UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)))
  }
}

private func loopback(_ port: Int, _ host: String = "127.0.0.1") -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = inet_addr(host)
  return address
}
