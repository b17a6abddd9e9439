import Foundation
import Glibc
import Processes
import Threads

/// How to start a process.
package struct ProcessLaunch: Equatable, Sendable {
  /// The program and its arguments.
  package let command: [String]
  /// Every variable it gets; none is inherited.
  package let environment: [String: String]
  /// The folder it runs in.
  package let folder: String
  /// Where both of its streams are appended.
  package let log: String
  /// A socket that it gets as descriptor 3; nil for none.
  package let listener: Int32?

  package init(
    command: [String], environment: [String: String], folder: String, log: String,
    listener: Int32? = nil
  ) {
    self.command = command
    self.environment = environment
    self.folder = folder
    self.log = log
    self.listener = listener
  }
}

/// A process in a session of its own, which goes on when the controller ends.
package struct DetachedProcess: Sendable {
  package let identity: ProcessIdentity
  /// How it ended, once that was found out; the kernel tells a parent alone.
  private let known = Lock<ProcessEnding?>(nil)

  /// Takes a process that an earlier controller started; nil when it no longer runs.
  package init?(adopting identity: ProcessIdentity) {
    self.identity = identity
    guard isAlive else { return nil }
  }

  /// Starts a process.
  package init(_ launch: ProcessLaunch) throws {
    let pid = try Self.spawn(launch)
    guard let identity = ProcessIdentity(pid: pid) else {
      throw LocalRuntimeError(.process, "start \(launch.command[0])", "/proc does not show it")
    }
    self.identity = identity
  }

  package var pid: Int32 { identity.pid }

  /// Whether it runs.
  ///
  /// A child of ours that has ended is reaped here, so that no zombie passes for a server.
  package var isAlive: Bool {
    guard let status = identity.status else { return false }
    guard status.isZombie else { return true }
    endSession()
    return !reap()
  }

  /// How it ended; nil while it runs, and of a process that is not our child.
  package var ending: ProcessEnding? { known.withLock { $0 } }

  /// Reaps under the lock, so that another thread which finds the process gone also finds how it ended.
  ///
  /// - Returns: Whether the process is gone. It is not where its first thread has ended before others: the
  ///   kernel shows a zombie then, and does not tell yet how it ended.
  private func reap() -> Bool {
    known.withLock { known in
      var status: Int32 = 0
      let child = waitpid(pid, &status, WNOHANG)
      if child == pid { known = ProcessEnding(waitStatus: status) }
      return child != 0
    }
  }

  /// Asks the process to end and, when it has not after `grace`, ends it.
  package func stop(grace: Duration) async throws {
    guard isAlive else { return endSession() }
    kill(-pid, SIGTERM)
    if await !ends(within: grace) {
      kill(-pid, SIGKILL)
      // An uninterruptible process ends when its disk answers; ten seconds is long for that.
      guard await ends(within: .seconds(10)) else {
        throw LocalRuntimeError(.process, "stop process \(pid)", "it outlived SIGKILL")
      }
    }
    endSession()
  }

  private func ends(within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while isAlive {
      guard ContinuousClock.now < deadline else { return false }
      await pause(.milliseconds(10))
    }
    return true
  }

  /// Ends what the process left behind in its session, such as workers that hold its port.
  private func endSession() {
    // While a member lives, the kernel gives the number to nobody else.
    if let status = ProcessStatus(pid: pid), status.startTime != identity.startTime { return }
    for member in Files.names(in: "/proc").compactMap({ Int32($0) }) where member != pid {
      if ProcessStatus(pid: member)?.session == pid { kill(member, SIGKILL) }
    }
  }
}

extension DetachedProcess {
  /// Ends what was started for a runtime's folder and has lost the process that was written down.
  ///
  /// That one may have been killed while no controller ran, and the rest of its session serves on unseen.
  static func endOrphans(of folder: String) {
    let variable = Array("\(marker)=\(folder)".utf8)
    let pids = Files.names(in: "/proc").compactMap { Int32($0) }
    let sessions = pids.filter { isMarked($0, variable) }.compactMap {
      ProcessStatus(pid: $0)?.session
    }
    for session in Set(sessions) where hasEnded(session) {
      for pid in pids where ProcessStatus(pid: pid)?.session == session { kill(pid, SIGKILL) }
    }
  }

  /// Whether a process is gone, or is a zombie of which no thread runs on.
  private static func hasEnded(_ pid: Int32) -> Bool {
    guard let status = ProcessStatus(pid: pid) else { return true }
    return status.isZombie && Files.names(in: "/proc/\(pid)/task").count < 2
  }

  private static func isMarked(_ pid: Int32, _ variable: [UInt8]) -> Bool {
    let environment = (try? Files.contents(of: "/proc/\(pid)/environ")) ?? []
    return environment.split(separator: 0).contains { Array($0) == variable }
  }

  /// The variable by which processes are found that were started and never written down.
  static let marker = "SERIN_RUNTIME"

  /// Returns the processes that were started for a runtime's folder, and lead a session.
  static func started(for folder: String) -> [DetachedProcess] {
    let variable = Array("\(marker)=\(folder)".utf8)
    return Files.names(in: "/proc").compactMap { Int32($0) }.compactMap { pid in
      guard isMarked(pid, variable), ProcessStatus(pid: pid)?.session == pid,
        let identity = ProcessIdentity(pid: pid)
      else { return nil }
      return DetachedProcess(adopting: identity)
    }
  }
}

/// Sleeps even when the task is cancelled: what has begun to stop must be seen to its end.
func pause(_ duration: Duration) async {
  await Task { @concurrent in try? await Task.sleep(for: duration) }.value
}

extension DetachedProcess {
  /// Starts a process in a session of its own, with its log, perhaps a socket, and nothing else that we have open.
  private static func spawn(_ launch: ProcessLaunch) throws -> Int32 {
    let log = ChildProcess.Stream.file(launch.log, O_WRONLY | O_CREAT | O_APPEND)
    let listener = launch.listener.map { [ChildProcess.Stream.same(as: $0)] } ?? []
    do throws(StartFailure) {
      // `env -C` changes the folder and replaces itself by the program, so the number and the start time stay.
      return try ChildProcess(
        ["/usr/bin/env", "-C", launch.folder] + launch.command, environment: launch.environment,
        streams: [.nothing, log, .same(as: 1)] + listener, belonging: .ownSession
      ).start()
    } catch {
      throw LocalRuntimeError(.process, "start \(launch.command[0])", error.reason)
    }
  }
}
