import Foundation
import LocalRuntime
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
}
