import Glibc

/// The relay lends a unix socket to a server that can listen on TCP alone.
///
/// ```
/// serin-relay PORT COMMAND [ARGUMENT…]
/// ```
///
/// Descriptor 3 is a unix socket that has its place and does not listen yet. The program becomes COMMAND; a process
/// beside it waits until 127.0.0.1:PORT takes connections, lets the socket listen from then on, and copies each of
/// its connections to and from the port. Before, and when all of this has ended, connections to the socket are
/// refused, as they are at a port on which nothing listens. In a network of its own, a server has no other way to
/// the world, and no other process has a way to its port. The socket was made by the controller, so what runs here
/// cannot put another one into its place.
///
/// The relay is not a part of the controller, because it stands beside every model server: it has nothing of
/// Foundation or of NIO, and Swift is linked into it, so that it needs nothing of the sandbox but the C library.
@main
enum Command {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count > 2 else { usage() }
    switch Part(rawValue: arguments[1]) {
    case .serving: Relay.serve(port: port(arguments[2]))
    case .parting: exit(start(.serving, port: port(arguments[2])) == nil ? EXIT_FAILURE : 0)
    case nil: become(port: port(arguments[1]))
    }
  }

  /// The descriptor of the unix socket, as the controller hands it over.
  static let listener: Int32 = 3

  private static func port(_ text: String) -> UInt16 {
    guard let port = UInt16(text), port > 0 else { usage() }
    return port
  }

  private static func usage() -> Never {
    fail("usage: serin-relay PORT COMMAND [ARGUMENT...]", 64)
  }

  /// Starts the serving process, and becomes the server.
  private static func become(port: UInt16) -> Never {
    guard fcntl(listener, F_GETFD) >= 0 else {
      fail("serin-relay: descriptor 3 is no socket: \(reason(errno))", 64)
    }
    startApart(port: port)
    // The server itself has nothing to do with the socket.
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    // As they came: a path need not be of UTF-8.
    let command = CommandLine.unsafeArgv + 2
    guard let program = command[0] else { usage() }
    execvp(program, command)
    let error = errno
    fail("serin-relay: \(String(cString: program)): \(reason(error))", error == ENOENT ? 127 : 126)
  }

  /// Prints a line to the server's log, and ends.
  static func fail(_ line: String, _ status: Int32) -> Never {
    var text = line + "\n"
    _ = text.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
  }

  static func reason(_ error: Int32) -> String { String(cString: strerror(error)) }
}
