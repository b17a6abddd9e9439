import Dispatch
import Foundation
import LocalRuntime
import Processes

/// The command of a job, with our streams and our signals.
struct JobProcess {
  private let pid: Int32
  private let sources: [any DispatchSourceSignal]

  /// Starts it.
  init(_ command: [String], environment: [String: String]) throws {
    let pid = try ChildProcess(
      // It finds the program on the path, and replaces itself by it.
      ["/usr/bin/env"] + command,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
      streams: (0...2).map { .same(as: $0) }, belonging: .parent
    ).start()
    self.pid = pid
    sources = Self.passed.map { Self.pass($0, to: pid) }
  }

  private static let passed = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]
  /// What a terminal sends goes to the command as well, which is in our group.
  private static let fromTerminal = [SIGINT, SIGQUIT]

  private static func pass(_ number: Int32, to pid: Int32) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    let isPassed = !fromTerminal.contains(number) || isatty(STDIN_FILENO) == 0
    source.setEventHandler { if isPassed { kill(pid, number) } }
    source.resume()
    return source
  }

  /// Waits for its end, and returns what a shell would: its exit code, or 128 and the number of a signal.
  func exitCode() async -> Int32 {
    defer { sources.forEach { $0.cancel() } }
    return await withCheckedContinuation { continuation in
      Thread.detachNewThread { [pid] in
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        switch ProcessEnding(waitStatus: status) {
        case .exited(let code), .told(let code): continuation.resume(returning: Int32(code))
        case .killed(let signal): continuation.resume(returning: Int32(128 + signal))
        }
      }
    }
  }
}
