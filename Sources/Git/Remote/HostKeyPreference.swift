import CGit2
import Glibc

/// Makes libgit2 ask an ssh server for a host key of a type that is known.
///
/// A server has several keys, and libssh2 asks for one of them by its type. libgit2 1.5 prefers the
/// type that it finds in the user's `~/.ssh/known_hosts`, and nothing can tell it of another file.
/// That file does harm as well: for an `ssh-rsa` line libgit2 insists on a signature that today's
/// servers refuse. So `readKnownHosts` below takes the place of the function with which it is read.
///
/// What is handed over decides nothing but the type: the key itself is checked by `KnownHosts`.
enum HostKeyPreference {
  /// Types that libssh2 can check, best first.
  static let types = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
  ]

  /// Returns the known_hosts line of the best key that is known for a host.
  static func line(for keys: [KnownHosts.Key], of host: HostName) -> String? {
    let best = types.lazy.compactMap { type in keys.first { $0.type == type } }.first
    // libssh2 looks for this form first, whatever the port is.
    return best.map { "[\(host.name)]:\(host.port) \($0.type) \($0.base64)" }
  }

  fileprivate typealias ReadLine =
    @convention(c) (
      OpaquePointer?, UnsafePointer<CChar>?, Int, CInt
    ) -> CInt

  /// Looked up while running: libssh2 is libgit2's library, and nothing of ours links to it.
  fileprivate static let readLine: ReadLine? = {
    guard let symbol = dlsym(nil, "libssh2_knownhost_readline") else { return nil }
    return unsafeBitCast(symbol, to: ReadLine.self)
  }()
}

/// Takes the place of libssh2's function in this program: the linker finds a program's own symbols
/// before those of its libraries.
///
/// libgit2 calls it once for each connection, on the thread of the operation, and hands over the path
/// of the user's file. Returns how many lines were taken.
@c(libssh2_knownhost_readfile)
package func readKnownHosts(
  _ hosts: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ type: CInt
) -> CInt {
  guard let line = WatchedSocket.hostKeyLine, let readLine = HostKeyPreference.readLine else {
    return 0
  }
  return readLine(hosts, line, line.utf8.count, type) == 0 ? 1 : 0
}
