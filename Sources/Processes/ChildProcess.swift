import CProcess
import Glibc

/// Starts a program that gets the descriptors it is given, and none besides.
///
/// Not every library marks its descriptors to be closed in a child, and Foundation's Process leaks one of its own. A
/// connection to a git server that a child inherited would stay open for as long as the child lives, and a
/// hostile one could speak on it. No signal is blocked in a child either, as it would be when a task starts it,
/// and each has its default effect. A capability that a service manager gave the controller is its own: a model
/// server would else be born with it.
package struct ChildProcess {
  /// Whom a signal to a group or a session reaches together with the child.
  package enum Belonging {
    /// Its parent's: what a person types reaches both.
    case parent
    case ownGroup, ownSession
  }

  /// What stands behind a descriptor of the child.
  package enum Stream {
    case nothing
    /// A file, with the flags of `open`; it is its owner's alone when it is made.
    case file(String, Int32)
    /// A descriptor of ours, or an earlier one of the child's.
    case same(as: Int32)
  }

  /// A right of the controller, by its number in `capabilities(7)`.
  package enum Capability: Int32 {
    case networkAdministration = 12
  }

  /// The program's path, and its arguments.
  package let command: [String]
  /// All variables that it gets.
  package let environment: [String: String]
  /// Behind the descriptors 0, 1, 2 and so on; all further ones are closed.
  package let streams: [Stream]
  package let belonging: Belonging
  /// What it may do of what the controller may; without root it gets nothing else.
  package let capability: Capability?

  package init(
    _ command: [String], environment: [String: String], streams: [Stream], belonging: Belonging,
    capability: Capability? = nil
  ) {
    self.command = command
    self.environment = environment
    self.streams = streams
    self.belonging = belonging
    self.capability = capability
  }

  /// Returns the number of the process, for which the caller has to wait.
  package func start() throws(StartFailure) -> Int32 {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    set(&attributes)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    connect(&actions)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.sorted { $0.key < $1.key }.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid = pid_t()
    serin_hand_down_nothing()
    if let capability { serin_hand_down(capability.rawValue) }
    defer { serin_hand_down_nothing() }
    let status = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &variables)
    guard status == 0 else {
      throw StartFailure(program: command[0], reason: String(cString: strerror(status)))
    }
    return pid
  }

  /// Runs the program to its end and returns its exit status: nil when a signal ended it, or the time did.
  ///
  /// It blocks. When the time is over, everything that the program started ends with it; it needs a group of its own.
  package func run(within limit: Duration) throws(StartFailure) -> Int32? {
    precondition(belonging == .ownGroup, "its end is to be the end of what it started")
    let process = try start()
    let deadline = ContinuousClock.now + limit
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < deadline else {
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return nil
      }
      usleep(Self.pause)
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : nil
  }

  /// In microseconds: short beside what a program takes.
  private static let pause: UInt32 = 500

  /// POSIX_SPAWN_SETSID, which glibc's header shows only to GNU sources.
  private static let setSession: Int16 = 0x80

  private func set(_ attributes: inout posix_spawnattr_t) {
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let membership =
      switch belonging {
      case .parent: Int16(0)
      case .ownGroup: Int16(POSIX_SPAWN_SETPGROUP)
      case .ownSession: Self.setSession
      }
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | membership)
  }

  private func connect(_ actions: inout posix_spawn_file_actions_t) {
    for (descriptor, stream) in zip(Int32(0)..., streams) {
      switch stream {
      case .nothing:
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
      case .file(let path, let flags):
        posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o600)
      case .same(let other): posix_spawn_file_actions_adddup2(&actions, other, descriptor)
      }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, Int32(streams.count))
  }
}

/// A program that could not be started, and why.
package struct StartFailure: Error, Equatable, CustomStringConvertible {
  package let program: String
  package let reason: String

  package var description: String { "cannot start \(program): \(reason)" }
}
