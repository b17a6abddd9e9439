import Glibc

/// What a process of the relay does, when it does not become the server: the first argument that it starts itself with.
///
/// ```
/// serin-relay PORT COMMAND…        becomes COMMAND
/// └ serin-relay --part PORT        starts the next, and ends
///   └ serin-relay --serve PORT     copies; the first process of the sandbox becomes its parent
/// ```
///
/// The one in the middle is there so that the server has no child that it did not start: some wait for all of
/// theirs. Swift has no `fork`, so each starts the program anew.
enum Part: String {
  case parting = "--part"
  case serving = "--serve"
}

extension Command {
  /// Starts the serving process as a child of a child that has ended when this returns.
  static func startApart(port: UInt16) {
    guard let child = start(.parting, port: port) else {
      fail("serin-relay: cannot start a process: \(reason(errno))", 126)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { fail("serin-relay: cannot start a process", 126) }
  }

  /// Starts this program in another part; returns nil when the system does not, and `errno` says why.
  ///
  /// The descriptors, the environment and the ignored signals go with it.
  static func start(_ part: Part, port: UInt16) -> pid_t? {
    guard let program = CommandLine.unsafeArgv[0] else { return nil }
    var arguments = [program, strdup(part.rawValue), strdup("\(port)"), nil]
    defer { arguments[1...].forEach { free($0) } }
    var child: pid_t = 0
    let error = posix_spawnp(&child, program, nil, nil, &arguments, environ)
    errno = error
    return error == 0 ? child : nil
  }
}
