import Foundation
import Glibc
import Logging
import Manifests
import Rollouts

// Logs: whoever can have them written to must neither fill the disk nor take the room of another namespace.
extension LocalRuntime {
  /// Empties the logs that have grown too large, of servers and of Envoy, and keeps each namespace to its quota.
  func capLogs() {
    for name in Files.names(in: folder.logs) where name.hasSuffix(".log") {
      orWarn(of: name) { try ProcessLog(path: "\(folder.logs)/\(name)").cap(at: setup.logLimit) }
    }
    let writtenLogs = writtenLogs
    for (namespace, files) in logsOfNamespaces {
      guard let quota = setup.namespaces.quota(of: namespace).logBytes else { continue }
      let logs = NamespaceLogs(
        written: writtenLogs[namespace] ?? [], files: files.map { "\(folder.logs)/\($0)" })
      orWarn(of: namespace) { try logs.fit(into: quota) }
    }
  }

  /// Refuses to go on where what serves writes to logs that lie elsewhere: nobody would empty them.
  func requireLogsHere() throws {
    let here = URL(filePath: folder.logs).resolvingSymlinksInPath().path
    for process in DetachedProcess.started(for: folder.path) {
      guard let log = Files.target(ofLink: "/proc/\(process.pid)/fd/1"), log.hasSuffix(".log"),
        !log.hasPrefix(here + "/")
      else { continue }
      throw LocalRuntimeError(
        .refused, "use \(here)",
        "process \(process.pid) still writes to \(log); end what serves with serin stop, or name the folder "
          + "of that log")
    }
  }

  private func orWarn(of log: String, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      logger.warning("a log cannot be emptied", metadata: ["log": "\(log)", "error": "\(error)"])
    }
  }

  /// The names of the files that model servers wrote, of those that ended, too: NAMESPACE.NAME.REVISION.log.
  private var logsOfNamespaces: [String: [String]] {
    let parts = Files.names(in: folder.logs).map { ($0, $0.split(separator: ".")) }
    return Dictionary(grouping: parts.filter { $0.1.count > 3 }) { String($0.1[0]) }
      .mapValues { $0.map(\.0) }
  }

  /// The logs of the servers that there are, by namespace.
  private var writtenLogs: [String: [ProcessLog]] {
    let all = servers.values.flatMap(\.replicas) + departures.map(\.server)
    return Dictionary(grouping: all) { $0.key.deployment.namespace }.mapValues { $0.map(\.log) }
  }
}

/// The logs of one namespace's model servers, which have room for so many bytes together.
///
/// Each server that there is has the same part of it, half for what it writes and half for what was put aside. What
/// servers left that have ended fills the rest, and goes when there is none, the oldest first.
struct NamespaceLogs {
  /// Of the servers that there are.
  let written: [ProcessLog]
  /// Every file, of ended servers as well.
  let files: [String]

  func fit(into quota: Int) throws {
    let half = quota / max(1, written.count) / 2
    for log in written {
      try log.cap(at: half)
      if Files.size(of: log.older) > half { try Files.remove(log.older) }
    }
    let kept = Set(written.flatMap { [$0.path, $0.older] })
    var room = quota - kept.reduce(0) { $0 + Files.size(of: $1) }
    for file in files.filter({ !kept.contains($0) }).sorted(by: Self.isNewer) {
      room -= Files.size(of: file)
      if room < 0 { try Files.remove(file) }
    }
  }

  private static func isNewer(_ left: String, _ right: String) -> Bool {
    lastWrite(left) > lastWrite(right)
  }

  private static func lastWrite(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
  }
}
