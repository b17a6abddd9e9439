import Dispatch
package import Foundation
import Glibc

/// A process that failed in a test, with what it said.
package struct ProcessFailure: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// Runs a command to its end and returns what it printed on both streams.
///
/// posix_spawn and not Foundation's Process: that one starts children with signals blocked when it is
/// called from a task.
@discardableResult
package func shell(
  _ command: [String], in folder: URL? = nil, environment: [String: String] = [:]
) throws -> String {
  let output = FileManager.default.temporaryDirectory.appending(path: "serin-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: output) }
  let child = try BackgroundProcess(
    command, in: folder, environment: environment, output: output)
  let status = child.wait()
  let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
  guard status == 0 else {
    throw ProcessFailure(description: "\(command.joined(separator: " ")): exit \(status)\n\(text)")
  }
  return text
}

/// Runs what waits for a process on a thread of its own: Swift's serve the servers of a test meanwhile.
package func elsewhere<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}

/// A child process that a test starts and stops by pid.
package final class BackgroundProcess: Sendable {
  package let pid: pid_t

  /// POSIX_SPAWN_SETSID, which glibc's header shows only to GNU sources.
  private static let setSession: Int16 = 0x80

  /// Starts a command in a session of its own; both of its streams go to `output`.
  package init(
    _ command: [String], in folder: URL? = nil, environment: [String: String] = [:], output: URL
  ) throws {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // What this process ignores ends a child all the same.
    var ending = sigset_t()
    sigemptyset(&ending)
    for signal in [SIGINT, SIGTERM] { sigaddset(&ending, signal) }
    posix_spawnattr_setsigdefault(&attributes, &ending)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&attributes, flags | Self.setSession)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, output.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    Self.closeOthers(&actions)
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let command = (folder.map { ["env", "-C", $0.path] } ?? []) + command
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var environ: [UnsafeMutablePointer<CChar>?] =
      variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + environ).forEach { free($0) } }
    var pid = pid_t()
    let status = posix_spawnp(
      &pid, command[0], &actions, &attributes, &arguments, &environ)
    guard status == 0 else {
      throw ProcessFailure(description: "\(command[0]): \(String(cString: strerror(status)))")
    }
    self.pid = pid
  }

  /// Gives the process nothing else that the tests have open.
  ///
  /// The listening sockets of swift-nio are not marked to be closed: a child of one test would go on
  /// listening for the server of another. The margin is for what other threads open meanwhile.
  private static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for descriptor in 3...((names.compactMap { Int32($0) }.max() ?? 3) + 64) {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
  }

  /// Waits for the end; returns the exit status, or 128 and the signal.
  @discardableResult
  package func wait() -> Int32 {
    ended.lock()
    defer { ended.unlock() }
    if let status = ended.status { return status }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let result = Self.code(status)
    ended.status = result
    return result
  }

  /// Whether the process has ended; how, `wait` says at once then.
  package var hasEnded: Bool {
    ended.lock()
    defer { ended.unlock() }
    if ended.status != nil { return true }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return false }
    ended.status = Self.code(status)
    return true
  }

  private static func code(_ status: Int32) -> Int32 {
    status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
  }

  /// Stops the process and whatever it started in its session, and waits for it; does nothing to one
  /// that has ended.
  @discardableResult
  package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    if !ended.isOver { kill(-pid, signal) }
    return wait()
  }

  /// Sends the process a signal that it lives on with; does nothing to one that has ended.
  package func notify(_ signal: Int32) {
    if !ended.isOver { kill(pid, signal) }
  }

  private let ended = Ended()

  /// How the process ended; its number may belong to another one afterwards.
  private final class Ended: @unchecked Sendable {  // `status` is touched with the lock held only
    private let mutex = NSLock()
    var status: Int32?

    func lock() { mutex.lock() }
    func unlock() { mutex.unlock() }

    var isOver: Bool {
      lock()
      defer { unlock() }
      return status != nil
    }
  }
}

/// Returns a port of the loopback interface on which nothing listens, and which no other test of this
/// process is given.
///
/// Below the range from which the kernel takes ports for outgoing connections: a port that is free
/// now would else be somebody's own end of a connection a moment later.
package func freePort() throws -> Int {
  for _ in 0..<LoopbackPort.range.count {
    let port = LoopbackPort.next()
    if try LoopbackPort.isFree(port) { return port }
  }
  throw ProcessFailure(description: "no free port")
}

private enum LoopbackPort {
  static let range = 10_000..<20_000
  private static let lock = NSLock()
  /// Each test process begins somewhere else, so that two of them rarely meet.
  nonisolated(unsafe) private static var last = Int(getpid()) * 97  // touched with `lock` held only

  static func next() -> Int {
    lock.lock()
    defer { lock.unlock() }
    last += 1
    return range.lowerBound + last % range.count
  }

  static func isFree(_ port: Int) throws -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw ProcessFailure(description: "no socket: \(errno)") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

/// Waits until `condition` holds, looking again every 20 ms.
///
/// The limit only says when a failure is certain: a machine that reads its Python packages for the
/// first time needs half a minute for what takes a second later.
package func eventually(
  within limit: Duration = .seconds(90), _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      throw ProcessFailure(description: "did not become true within \(limit)")
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// A program that writes down which descriptors it was given, in the place of another one.
package struct DescriptorWitness {
  private let folder: URL

  /// Puts it into `folder`, which a test then names in a path.
  package init(_ name: String, in folder: URL, thenRuns script: String = "true") throws {
    self.folder = folder
    let program = folder.appending(path: name)
    // `ls` makes the list, since a shell has its script open.
    let text = "#!/bin/sh\nls /proc/self/fd > '\(folder.path)/descriptors'\n\(script)\n"
    try Data(text.utf8).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
  }

  /// What it was given, and after that the one that it reads the list from.
  package func descriptors() throws -> [Int] {
    let text = try String(contentsOf: folder.appending(path: "descriptors"), encoding: .utf8)
    return text.split(separator: "\n").compactMap { Int($0) }.sorted()
  }
}
