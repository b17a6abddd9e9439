import Console
import Testing

/// Whoever asks for too much, or takes too long, is told so, and the others are served.
@Suite struct LimitTests {
  /// One that is too long, too many, and too much together.
  @Test(arguments: [(1, 17 << 10), (65, 1), (40, 500)] as [(Int, Int)])
  func largeHeadersAreRefused(count: Int, length: Int) async throws {
    let value = String(repeating: "y", count: length)
    let fields = (0..<count).map { "x\($0): \(value)\r\n" }.joined()
    try await Stage().serving { port in
      let client = try Client(port)
      await client.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\(fields)\r\n")
      let answer = try await client.response()
      #expect(answer.status == 431 && answer.fields["connection"] == "close")
      #expect(answer.body == "{\"error\":\"the headers are too large, or too many\"}\n")
    }
  }

  @Test(
    arguments: [
      "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", "GET\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET /healthz HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
      "GET /healthz HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(Stage.token)\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ])
  func whatIsNotHTTPIsRefused(text: String) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.send(text)
      let answer = try await client.response()
      #expect(answer.status == 400 && answer.fields["connection"] == "close")
    }
    #expect(stage.events.isEmpty)
  }

  /// A client that never ends its head, and one that says nothing, hold no connection for long.
  @Test(arguments: ["", "GET /healthz HTTP/1.1\r\nhost: loc"])
  func slowHeadIsGivenUp(text: String) async throws {
    var limits = ConsoleLimits.patient
    limits.head = .milliseconds(300)
    try await Stage().serving(limits) { port in
      let client = try Client(port)
      await client.send(text)
      let answer = try await client.response()
      #expect(answer.status == 408)
      #expect(answer.body == "{\"error\":\"the request did not come in time\"}\n")
    }
  }

  /// A client that sends a byte now and then is not faster for it.
  @Test func drippingBodyIsGivenUp() async throws {
    let stage = Stage()
    var limits = ConsoleLimits.patient
    limits.body = .milliseconds(400)
    try await stage.serving(limits) { port in
      let client = try Client(port)
      await client.send("POST", "/v1/events", ["content-length": "1000"])
      let dripping = Task {
        while !Task.isCancelled {
          await client.send("a")
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      try await Task.sleep(for: .milliseconds(600))
      dripping.cancel()
      #expect(try await client.response().status == 408)
    }
    #expect(stage.events.isEmpty)
  }

  /// A connection that was served and is not used is closed without a word.
  @Test func idleConnectionIsClosed() async throws {
    var limits = ConsoleLimits.patient
    limits.idle = .milliseconds(200)
    try await Stage().serving(limits) { port in
      let client = try Client(port)
      await client.send("GET", "/healthz")
      #expect(try await client.response().status == 200)
      #expect(await client.isClosed())
    }
  }

  /// Connections beyond the limit are answered 503; as soon as some leave, others are served.
  @Test func connectionsAreBounded() async throws {
    var limits = ConsoleLimits.patient
    limits.connections = 200
    limits.refusals = 100
    try await Stage().serving(limits) { port in
      var served: [Client] = []
      for _ in 0..<200 {
        let client = try Client(port)
        await client.send("GET", "/healthz")
        #expect(try await client.response().status == 200)
        served.append(client)
      }
      for _ in 0..<50 {
        let answer = try await Client.ask(port, "GET", "/healthz")
        #expect(answer.status == 503 && answer.fields["retry-after"] == "1")
        #expect(answer.body == "{\"error\":\"too many connections\"}\n")
      }
      await served[0].send("GET", "/readyz")
      #expect(try await served[0].response().status == 200)
      served.removeAll()
      var status = 503
      while status == 503 { status = try await Client.ask(port, "GET", "/healthz").status }
      #expect(status == 200)
    }
  }

  /// Those who are turned away cannot hold the door for ever: more than that wait in the kernel's queue
  /// until somebody left.
  @Test func refusalsAreBounded() async throws {
    var limits = ConsoleLimits.patient
    (limits.connections, limits.refusals) = (1, 2)
    limits.farewell = .milliseconds(200)
    try await Stage().serving(limits) { port in
      let first = try Client(port)
      await first.send("GET", "/healthz")
      #expect(try await first.response().status == 200)
      let others = try (0..<10).map { _ in try Client(port) }
      for other in others { #expect(try await other.response().status == 503) }
    }
  }

  /// A client that asks and asks and never reads does not stop the others.
  @Test func clientThatNeverReadsStopsNobody() async throws {
    try await Stage().serving { port in
      let deaf = try Client(port)
      await deaf.hurry()
      let asking = Task {
        for _ in 0..<20_000 where !Task.isCancelled { await deaf.send("GET", "/metrics") }
      }
      for _ in 0..<20 {
        #expect(try await Client.ask(port, "GET", "/healthz").status == 200)
      }
      asking.cancel()
      await asking.value
    }
  }
}
