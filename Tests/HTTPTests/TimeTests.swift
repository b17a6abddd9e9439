import Foundation
import HTTP
import TestKit
import Testing

/// Every limit ends its exchange, and nothing that is slow or left behind harms the client.
@Suite struct TimeTests {
  private let client = HTTPClient()

  /// The total limit and the idle limit, each alone, against a server that never answers.
  @Test(.timeLimit(.minutes(5)), arguments: [true, false])
  func silentServersTimeOut(isTotal: Bool) async throws {
    let server = try SilentServer()
    var request = HTTPRequest("http://127.0.0.1:\(server.port)/")
    request.timeout = isTotal ? .milliseconds(300) : nil
    request.idleTimeout = isTotal ? nil : .milliseconds(300)
    let start = ContinuousClock.now
    let error = await #expect(throws: HTTPError.self) { _ = try await client.send(request) }
    #expect(error?.isTimeout == true)
    let elapsed = ContinuousClock.now - start
    #expect(elapsed > .milliseconds(290))
    #expect(elapsed < .seconds(30))
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func slowReadersGetEveryByte() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    var request = HTTPRequest(server.http + "/big.bin")
    // Shorter than the pauses: a reader's slowness is not the server's silence.
    request.idleTimeout = .milliseconds(150)
    let (head, body) = try await client.open(request)
    #expect(head.value(of: "Content-Length") == "\(WebServer.bigBody.count)")
    var bytes: [UInt8] = []
    var pauses = 0
    for try await chunk in body {
      bytes += chunk
      guard pauses < 2 else { continue }
      pauses += 1
      try await Task.sleep(for: .milliseconds(400))
    }
    #expect(bytes == WebServer.bigBody)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func answersThatAreTooLongAreRefused() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let request = HTTPRequest(server.http + "/big.bin")
    let error = await #expect(throws: HTTPError.self) {
      _ = try await client.send(request, limit: 1 << 20)
    }
    #expect(error?.kind == .tooLarge)
    let whole = try await client.send(request, limit: WebServer.bigBody.count)
    #expect(whole.body.count == WebServer.bigBody.count)
  }

  @Test(.timeLimit(.minutes(5)))
  func cancellationEndsTheWaitForAHead() async throws {
    let server = try SilentServer()
    let task = Task { [client] in
      var request = HTTPRequest("http://127.0.0.1:\(server.port)/")
      request.timeout = nil
      return try await client.send(request).status
    }
    try await Task.sleep(for: .milliseconds(100))
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func cancellationEndsABody() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let (_, body) = try await client.open(HTTPRequest(server.http + "/slow"))
    let task = Task { for try await _ in body {} }
    try await Task.sleep(for: .milliseconds(100))
    body.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// 200 exchanges, cancelled at moments that hit every phase; the client still works afterwards.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func cancellationIsSafeAtEveryMoment() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        let task = Task { [client] in
          _ = try await client.send(
            HTTPRequest(server.http + (index % 2 == 0 ? "/slow" : "/big.bin")))
        }
        group.addTask {
          try? await Task.sleep(for: .microseconds(index * 37 % 5000))
          task.cancel()
          _ = await task.result
        }
      }
    }
    #expect(try await client.send(HTTPRequest(server.http + "/hello.txt")).status == 200)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func manyExchangesShareOneThread() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<100 {
        group.addTask { [client] in
          try await client.send(HTTPRequest(server.http + "/hello.txt")).status
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == Array(repeating: 200, count: 100))
  }
}

/// Counts the threads of the process by their name: so many that those of other tests do not matter.
@Suite struct ThreadTests {
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func theThreadEndsWithTheClientAndItsBodies() async throws {
    let server = try SilentServer()
    let before = try Self.threads()
    var clients: [HTTPClient] = (0..<100).map { _ in HTTPClient() }
    try await eventually { try Self.threads() >= before + 50 }
    let waiting = Task { [client = clients[0]] in
      try await client.send(HTTPRequest("http://127.0.0.1:\(server.port)/")).status
    }
    clients = []
    waiting.cancel()
    _ = await waiting.result
    try await eventually { try Self.threads() <= before + 30 }
  }

  private static func threads() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").filter {
      (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "serin-http\n"
    }.count
  }
}
