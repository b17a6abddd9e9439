import Foundation
import Glibc
import LocalRuntime
import TestKit
import Testing

/// The relay beside a model server, by itself: its promises are in its own first lines.
@Suite(.timeLimit(.minutes(2))) struct RelayTests {
  private func relaying(_ body: (RelayBench) async throws -> Void) async throws {
    let bench = try RelayBench()
    do {
      try await body(bench)
    } catch {
      try await bench.stop()
      throw error
    }
    try await bench.stop()
  }

  /// Refused as at a port on which nothing listens, until the server does; and again when the server is gone.
  @Test(.temporaryFolder) func theServerIsWaitedFor() async throws {
    try await relaying { bench in
      try await eventually { bench.relay != nil }
      for _ in 0..<20 {
        #expect(try bench.client() == nil)
        try await Task.sleep(for: .milliseconds(5))
      }
      var server: Socket? = try Socket.server(at: bench.port)
      let client = try await bench.patientClient()
      try client.send("x")
      #expect(try server?.accept().text(1) == "x")
      server = nil
      // The socket takes the connection, since it knows no better, and closes it.
      let late = try await bench.patientClient()
      #expect(late.isOver())
      server = try Socket.server(at: bench.port)
      let again = try await bench.patientClient()
      try again.send("y")
      #expect(try server?.accept().text(1) == "y")
    }
  }

  /// All bytes, in both directions, in order, in pieces of any size; each direction ends by itself.
  @Test(.temporaryFolder) func bothDirectionsEndByThemselves() async throws {
    try await relaying { bench in
      let server = try Socket.server(at: bench.port)
      let client = try await bench.patientClient()
      try client.send("question")
      let taken = try server.accept()
      #expect(try taken.text(8) == "question")
      try taken.send("answer")
      #expect(try client.text(6) == "answer")
      client.finish()
      #expect(taken.isOver())
      let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      async let arrived = Self.onThread { try client.receive(long.count + 1) }
      let sizes = [1, 7, 16 << 10, (16 << 10) + 1, 100_000]
      var (sent, turn) = (0, 0)
      while sent < long.count {
        let end = min(long.count, sent + sizes[turn % sizes.count])
        try taken.send(Array(long[sent..<end]))
        (sent, turn) = (end, turn + 1)
      }
      taken.finish()
      #expect(try await arrived == long)
    }
  }

  /// A client that reads nothing holds its server up, and not the relay's memory nor anybody else.
  @Test(.temporaryFolder) func aSlowReaderIsWaitedFor() async throws {
    try await relaying { bench in
      let server = try Socket.server(at: bench.port)
      let slow = try await bench.patientClient()
      try slow.send("?")
      let taken = try server.accept()
      let relay = try #require(bench.relay)
      let before = try Self.memory(of: relay)
      let piece = [UInt8](repeating: 7, count: 1 << 16)
      let sent = try await taken.sendUntilFull(piece, atMost: 256 << 20)
      #expect(sent < 64 << 20, "the relay took \(sent) bytes that nobody reads")
      #expect(try Self.memory(of: relay) - before < 1 << 10)
      let other = try await bench.patientClient()
      try other.send("!")
      #expect(try server.accept().text(1) == "!")
      taken.finish()
      #expect(try slow.receive(sent + 1).count == sent)
    }
  }

  /// None waits for another, whatever the order in which they are answered, and none gets another's answer.
  @Test(.temporaryFolder) func manyAtOnce() async throws {
    try await relaying { bench in
      let server = try Socket.server(at: bench.port)
      var clients = [try await bench.patientClient()]
      for _ in 1..<200 { clients.append(try await bench.patientClient()) }
      for (number, client) in clients.enumerated() { try client.send("ask \(1000 + number)") }
      let taken = try clients.map { _ in try server.accept() }
      for connection in taken.reversed() {
        let number = try connection.text(8).suffix(4)
        try connection.send("for \(number)")
      }
      for (number, client) in clients.enumerated() {
        #expect(try client.text(8) == "for \(1000 + number)")
      }
    }
  }

  /// The death of one side is told to the other, and to nobody else; what it left is closed.
  @Test(.temporaryFolder) func aDeathIsToldOn() async throws {
    try await relaying { bench in
      let server = try Socket.server(at: bench.port)
      func pair() async throws -> (client: Socket, server: Socket) {
        let client = try await bench.patientClient()
        try client.send("x")
        let taken = try server.accept()
        _ = try taken.receive(1)
        return (client, taken)
      }
      let bystander = try await pair()
      let relay = try #require(bench.relay)
      let open = Self.descriptors(of: relay)
      for _ in 0..<20 {
        let pairs = (try await pair(), try await pair())
        pairs.0.server.reset()
        #expect(pairs.0.client.isOver())
        pairs.1.client.reset()
        #expect(pairs.1.server.isOver())
      }
      try bystander.client.send("still here")
      #expect(try bystander.server.text(10) == "still here")
      try await eventually { Self.descriptors(of: relay) <= open }
    }
  }

  /// A server that is told to end may still answer, and so the relay stays; it ends with the session.
  @Test(.temporaryFolder) func itOutlivesTheWordToEnd() async throws {
    let bench = try RelayBench()
    let server = try Socket.server(at: bench.port)
    let client = try await bench.patientClient()
    try client.send("?")
    let taken = try server.accept()
    let relay = try #require(bench.relay)
    kill(relay, SIGTERM)
    try taken.send("answer")
    #expect(try client.text(6) == "answer")
    try await bench.stop()
    try await eventually { ProcessStatus(pid: relay).map(\.isZombie) ?? true }
    #expect(client.isOver())
  }

  /// The server gets its arguments, neither the socket nor a child that it did not start, and its own end.
  @Test(.temporaryFolder) func theServerSeesNothingOfIt() async throws {
    // `ls` has one more open: what it lists. `read` is no program, and so no child.
    let script = """
      ls /proc/self/fd | tr '\\n' ' '; read child < /proc/$$/task/$$/children
      echo "children <$child>, argument <$1>"; exit 7
      """
    let bench = try RelayBench(["/bin/sh", "-c", script, "sh", "a b"])
    try await eventually { !bench.process.isAlive }
    #expect(bench.process.ending == .exited(7))
    #expect(ProcessTests.log == "0 1 2 3 children <>, argument <a b>\n")
    try await bench.stop()
  }

  /// What it is started wrongly with is said, and told apart from how a server ends.
  @Test(
    .temporaryFolder,
    arguments: [
      (["0", "/bin/true"], 64, "usage: "), (["80000", "/bin/true"], 64, "usage: "),
      (["x", "/bin/true"], 64, "usage: "), (["8080"], 64, "usage: "),
      (["8080", "/bin/true"], 64, "descriptor 3 is no socket"),
    ] as [([String], Int, String)])
  func wrongWordsAreRefused(words: [String], status: Int, said: String) async throws {
    let process = try DetachedProcess(
      ProcessLaunch(
        command: [builtProgram("serin-relay")] + words, environment: [:], folder: "/",
        log: TemporaryFolder.current.path + "/log"))
    try await eventually { !process.isAlive }
    #expect(process.ending == .exited(status))
    #expect(ProcessTests.log.contains(said), "\(ProcessTests.log)")
  }

  @Test(.temporaryFolder) func aServerThatIsMissingIsSaid() async throws {
    let bench = try RelayBench(["/no/such/server"])
    try await eventually { !bench.process.isAlive }
    #expect(bench.process.ending == .exited(127))
    #expect(ProcessTests.log.contains("serin-relay: /no/such/server: No such file"))
    try await bench.stop()
  }

  /// Blocking calls on a thread of their own.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
  }

  /// What a process has of the memory, in kilobytes.
  private static func memory(of pid: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.filter(\.isNumber)))
  }

  private static func descriptors(of pid: Int32) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? .max
  }
}
