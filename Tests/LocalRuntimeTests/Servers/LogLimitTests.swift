import Foundation
import Glibc
import LocalRuntime
import Manifests
import TestKit
import Testing

/// A server that writes without end fills no disk.
@Suite(.timeLimit(.minutes(5))) struct LogLimitTests {
  /// The log is emptied while it is written; its end is kept, and what is written afterwards is found.
  @Test(.temporaryFolder) func aLogIsEmptiedWhileItIsWritten() async throws {
    let process = try DetachedProcess(
      ProcessTests.launch("while :; do i=$((i+1)); echo ValueError: number $i; done"))
    let log = ProcessLog(path: TemporaryFolder.current.appending(path: "log").path)
    var first = 0
    for _ in 0..<20 {
      try await eventually { log.size > 200_000 }
      let before = log.size
      try log.cap(at: 200_000)
      try await eventually {
        log.lastWords(since: before)?.hasPrefix("ValueError: number ") == true
      }
      let next = try Self.firstNumber(in: log)
      #expect(next > first, "what was there stayed there")
      first = next
    }
    try await process.stop(grace: .seconds(5))
    #expect(ProcessLog(path: log.path + ".1").size >= 200_000)
  }

  private static func firstNumber(in log: ProcessLog) throws -> Int {
    let text = try String(contentsOfFile: log.path, encoding: .utf8)
    let number = text.split(separator: "\n").first?.split(separator: " ").last
    return try #require(number.flatMap { Int($0) })
  }

  /// A runtime does so by itself, with the logs of all that it started.
  @Test(.temporaryFolder) func aRuntimeEmptiesLogs() async throws {
    try await Workbench.run({ $0.logLimit = 100_000 }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let logs = RuntimeFolder(bench.setup.folder).logs
      let name = try #require(
        try FileManager.default.contentsOfDirectory(atPath: logs).first { $0.contains("rev1") })
      let file = try FileHandle(forWritingTo: URL(filePath: "\(logs)/\(name)"))
      try file.seekToEnd()
      try file.write(contentsOf: Data(repeating: 0x61, count: 300_000))
      try await eventually { ProcessLog(path: "\(logs)/\(name)").size < 100_000 }
    }
  }

  /// The logs of a namespace share the room of its quota, and those of others stay.
  ///
  /// What was put aside counts, and what ended servers left: of that, the oldest goes.
  @Test(.temporaryFolder) func aNamespaceHasALimit() async throws {
    let quota = 120 << 10
    try await Workbench.run({
      $0.namespaces = NamespaceRules([
        "default": NamespaceSettings(quotas: QuotaSettings(logBytes: quota))
      ])
    }) { bench in
      let logs = RuntimeFolder(bench.setup.folder).logs
      func write(_ kibibytes: Int, to name: String, age: TimeInterval = 0) throws {
        let file = "\(logs)/\(name)"
        let handle = fopen(file, "a")
        fputs(String(repeating: "x", count: kibibytes << 10), handle)
        fclose(handle)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file)
      }
      func size(_ name: String) -> Int { ProcessLog(path: "\(logs)/\(name)").size }
      try await bench.put(
        Workbench.plan(1, [(try Workbench.revision("1"), 1000)], replicas: 2))
      for name in ["default.iris.rev0.log", "defaults.iris.rev0.log"] {
        try write(100, to: name, age: 100)
      }
      try write(10, to: "default.iris.rev0.log.1", age: 50)
      for name in ["default.iris.rev1.log", "default.iris.rev1.2.log"] { try write(300, to: name) }
      func total() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: logs)
          .filter { $0.hasPrefix("default.") }.reduce(0) { $0 + size($1) }
      }
      try await eventually { try total() <= quota }
      // A fourth for each server's older part, which the end of its log fills.
      #expect(size("default.iris.rev1.log.1") == quota / 4)
      #expect(size("default.iris.rev1.2.log.1") == quota / 4)
      #expect(size("default.iris.rev0.log") == 0 && size("default.iris.rev0.log.1") == 10 << 10)
      #expect(size("defaults.iris.rev0.log") == 100 << 10)
      for name in ["default.iris.rev1.log", "default.iris.rev1.2.log"] { try write(29, to: name) }
      try await eventually { size("default.iris.rev0.log.1") == 0 }
      #expect(size("default.iris.rev1.log") >= 29 << 10)
    }
  }
}
