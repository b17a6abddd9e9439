import Foundation
import Glibc

/// A unix socket that the controller makes for one server, and hands to it.
///
/// What stands beside the server lets it listen, once the server does. The server gets the open socket and sees none of the folders on its path: it can answer there, and can neither
/// remove the socket nor put anything else into its place, which Envoy would follow.
struct PrivateSocket {
  /// The caller closes it once the server has it.
  let descriptor: Int32

  /// Makes a socket in the place of whatever an earlier server left.
  init(_ path: String) throws {
    unlink(path)
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw Files.error("make the socket", path) }
    do {
      try Self.bind(descriptor, to: path)
      guard chmod(path, 0o600) == 0 else { throw Files.error("close to others", path) }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  private static func bind(_ descriptor: Int32, to path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw LocalRuntimeError(.file, "make the socket \(path)", "the path is too long")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Files.error("make the socket", path) }
  }
}
