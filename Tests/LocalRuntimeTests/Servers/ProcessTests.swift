import Foundation
import Glibc
import LocalRuntime
import TestKit
import Testing

/// Processes that outlive the controller, and are never taken for others.
@Suite(.timeLimit(.minutes(5))) struct ProcessTests {
  static func launch(_ script: String) -> ProcessLaunch {
    let folder = TemporaryFolder.current.path
    return ProcessLaunch(
      command: ["/bin/sh", "-c", script], environment: ["GREETING": "a b"], folder: folder,
      log: folder + "/log")
  }

  static var log: String {
    (try? String(contentsOf: TemporaryFolder.current.appending(path: "log"), encoding: .utf8)) ?? ""
  }

  /// A child has its own session, its folder, no signal blocked, and of our files only its log.
  @Test(.temporaryFolder) func aChildGetsNothingOfOurs() async throws {
    let leak = open("/etc/hostname", O_RDONLY)
    defer { close(leak) }
    let script = #"env | sort; pwd; ls /proc/$$/fd; grep Sig[BI] /proc/self/status; exec sleep 60"#
    let process = try DetachedProcess(Self.launch(script))
    try await eventually { Self.log.contains("SigIgn") }
    #expect(process.identity.status?.session == process.pid)
    let lines = Self.log.split(separator: "\n").map(String.init)
    #expect(lines.contains("GREETING=a b"))
    #expect(!lines.contains { $0.hasPrefix("HOME=") })
    #expect(lines.contains(TemporaryFolder.current.path))
    #expect(lines.filter { Int($0) != nil } == ["0", "1", "2"])
    #expect(lines.contains("SigBlk:\t0000000000000000"))
    // Bits 31 and 32 are glibc's own, which nobody else can change.
    let ignored = lines.first { $0.hasPrefix("SigIgn") }.flatMap {
      UInt64($0.suffix(16), radix: 16)
    }
    #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0)
    try await process.stop(grace: .seconds(5))
    #expect(!process.isAlive)
  }

  /// SIGTERM first, then SIGKILL; and nobody of the session stays behind.
  @Test(.temporaryFolder, arguments: ["sleep 60", "trap '' TERM; echo up; sleep 60; sleep 60"])
  func stoppingEndsTheSession(script: String) async throws {
    let process = try DetachedProcess(Self.launch("sleep 77 & echo $! up; \(script)"))
    try await eventually { Self.log.contains("up") }
    let worker = Int32(Self.log.split(separator: " ")[0]) ?? 0
    #expect(isRunning(worker))
    try await process.stop(grace: .milliseconds(200))
    #expect(!process.isAlive)
    try await eventually { !isRunning(worker) }
    try await process.stop(grace: .zero)
  }

  /// A worker must not hold the port of a server that died by itself.
  @Test(.temporaryFolder) func aDeadProcessIsReapedWithItsWorkers() async throws {
    let process = try DetachedProcess(Self.launch("sleep 77 & echo $! up; exit 3"))
    try await eventually { !process.isAlive }
    #expect(ProcessStatus(pid: process.pid) == nil)
    let worker = Int32(Self.log.split(separator: " ")[0]) ?? 0
    try await eventually { !isRunning(worker) }
  }

  @Test(.temporaryFolder) func onlyTheSameProcessIsAdopted() async throws {
    let process = try DetachedProcess(Self.launch("exec sleep 60"))
    let identity = process.identity
    #expect(DetachedProcess(adopting: identity)?.pid == process.pid)
    let others = [
      ProcessIdentity(pid: identity.pid, startTime: identity.startTime + 1, boot: identity.boot),
      ProcessIdentity(pid: identity.pid, startTime: identity.startTime, boot: "another boot"),
    ]
    for other in others { #expect(DetachedProcess(adopting: other) == nil) }
    try await process.stop(grace: .seconds(5))
    #expect(DetachedProcess(adopting: identity) == nil)
  }

  @Test(.temporaryFolder) func aProgramThatIsMissingIsSaidInItsLog() async throws {
    let process = try DetachedProcess(
      ProcessLaunch(
        command: ["/no/such/program"], environment: [:], folder: "/",
        log: TemporaryFolder.current.path + "/log"))
    try await eventually { !process.isAlive }
    #expect(Self.log.contains("/no/such/program"))
  }

  /// The name of a program is anybody's choice, and it stands in the middle of the line.
  @Test(arguments: ["sh", "a b", "a) Z 1 (b", ") R 0 0 0", "((", ""])
  func statusLinesAreReadFromTheEnd(name: String) {
    let fields = (4...52).map(String.init).joined(separator: " ")
    let status = ProcessStatus(line: "42 (\(name)) S \(fields)")
    #expect(status?.state == "S" && status?.session == 6 && status?.startTime == 22)
  }

  @Test(arguments: [
    "", "42", "42 (sh", "42 (sh) S", "42 (sh) S a b c d e f g h i j k l m n o p q r s",
  ])
  func brokenStatusLinesAreNone(line: String) { #expect(ProcessStatus(line: line) == nil) }

  @Test(.temporaryFolder) func logsAreRotatedAndShownSafely() throws {
    let log = ProcessLog(path: TemporaryFolder.current.path + "/log")
    #expect(log.size == 0 && log.lastLines(3).isEmpty)
    try Data("one\n\u{1B}[31mtwo\u{7}\n\n\u{202E}three\n".utf8).write(to: URL(filePath: log.path))
    #expect(log.lastLines(2) == ["[31mtwo", "three"])
    #expect(log.lastLines(9, since: 4).count == 2)
    #expect(log.lastLines(9, since: 999).count == 3, "it is shorter than it was: it was emptied")
    #expect(log.lastWords(since: 0) == "one | [31mtwo | three")
    let trace = "ValueError: bad shape\nasyncio.exceptions.CancelledError\nbye\n"
    try Data(trace.utf8).write(to: URL(filePath: log.path))
    #expect(log.lastWords(since: 0) == "ValueError: bad shape")
    #expect(log.lastWords(since: trace.utf8.count) == nil)
    try log.rotate()
    #expect(log.size == trace.utf8.count, "what is no longer than the limit stays")
    try Data(count: (10 << 20) + 1).write(to: URL(filePath: log.path))
    try log.rotate()
    #expect(log.size == 0 && ProcessLog(path: log.path + ".1").size == (10 << 20) + 1)
  }

  /// No two servers get one port, and none gets a port that is used.
  @Test func portsAreFreeAndGivenOnce() throws {
    var ports = LoopbackPorts()
    let first = try ports.take(3, seed: "a")
    let second = try ports.take(3, seed: "a")
    #expect(Set(first + second).count == 6)
    #expect((first + second).allSatisfy { (20_000..<32_768).contains($0) })
    ports.giveBack(first)
    #expect(try ports.take(3, seed: "a") == first)
  }
}
