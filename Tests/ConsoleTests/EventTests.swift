import Console
import Control
import Testing
import Threads

/// Captured payloads on their way in.
@Suite struct EventTests {
  /// Whoever takes events sees every header, in small letters, and the bytes as they were sent.
  @Test func eventArrivesAsItWasSent() async throws {
    let stage = Stage()
    let body: [UInt8] = [0, 1, 2, 0xFF, 13, 10]
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/events", ["CE-Id": "7", "content-type": "application/json"], body: body)
      #expect(answer.status == 202 && answer.body == "{\"accepted\":1}\n")
    }
    let event = try #require(stage.state.withLock { $0.events.first })
    #expect(event.body == body)
    #expect(event.headers.contains { $0.name == "ce-id" && $0.value == "7" })
  }

  @Test func refusalIsAnsweredWithItsReason() async throws {
    let stage = Stage()
    stage.state.withLock { $0.receipt = .refused("no ce-\u{1B}[31mtype") }
    try await stage.serving { port in
      let answer = try await Client.ask(port, "POST", "/v1/events", body: [])
      #expect(answer.status == 400 && answer.body == "{\"error\":\"no ce-\u{FFFD}[31mtype\"}\n")
    }
  }

  @Test func fullIntakeAsksToComeBack() async throws {
    let stage = Stage()
    stage.state.withLock { $0.receipt = .busy }
    try await stage.serving { port in
      let answer = try await Client.ask(port, "POST", "/v1/events", body: [])
      #expect(answer.status == 429 && answer.fields["retry-after"] == "1")
    }
  }

  @Test func bodyInChunksIsPutTogether() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.send("POST", "/v1/events", ["transfer-encoding": "chunked"])
      await client.send("3\r\nabc\r\n")
      await client.send("2\r\nde\r\n0\r\n\r\n")
      #expect(try await client.response().status == 202)
    }
    #expect(stage.events == [Array("abcde".utf8)])
  }

  /// A client that asks before it sends a large body is told to go on, or is told off at once.
  @Test func expectationsAreAnswered() async throws {
    let stage = Stage()
    var limits = ConsoleLimits.patient
    limits.eventBody = 4
    try await stage.serving(limits) { port in
      let client = try Client(port)
      await client.send(
        "POST", "/v1/events", ["expect": "100-continue", "content-length": "4"])
      #expect(try await client.response().status == 100)
      await client.send("abcd")
      #expect(try await client.response().status == 202)
      await client.send(
        "POST", "/v1/events", ["expect": "100-continue", "content-length": "5"])
      #expect(try await client.response().status == 413)
    }
    #expect(stage.events == [Array("abcd".utf8)])
  }

  /// Too much is refused when it is announced, and when it comes unannounced; the answer arrives
  /// although the client still sends.
  @Test(arguments: [true, false])
  func largeBodiesAreRefused(isAnnounced: Bool) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      let body = [UInt8](repeating: 32, count: (4 << 20) + 1)
      if isAnnounced {
        await client.send("POST", "/v1/events", body: body)
      } else {
        await client.send("POST", "/v1/events", ["transfer-encoding": "chunked"])
        await client.send("\(String(body.count, radix: 16))\r\n")
        await client.send(body)
      }
      let answer = try await client.response()
      #expect(answer.status == 413 && answer.fields["connection"] == "close")
      #expect(answer.body == "{\"error\":\"a body may have 4194304 bytes here\"}\n")
    }
    #expect(stage.events.isEmpty)
  }

  @Test func largestBodyIsTaken() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let body = [UInt8](repeating: 32, count: 4 << 20)
      let answer = try await Client.ask(port, "POST", "/v1/events", body: body)
      #expect(answer.status == 202)
    }
    #expect(stage.events.map(\.count) == [4 << 20])
  }

  @Test func encodedBodiesAreRefused() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/events", ["content-encoding": "gzip"], body: [0x1F, 0x8B])
      #expect(answer.status == 415)
    }
    #expect(stage.events.isEmpty)
  }

  /// What was cut off is not an event, however the client left.
  @Test(arguments: [["content-length": "10"], ["transfer-encoding": "chunked"]])
  func halfABodyIsNotTaken(fields: [String: String]) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.send("POST", "/v1/events", fields)
      await client.send(fields["content-length"] == nil ? "5\r\nabcde\r\n" : "abcde")
      await client.finish()
      #expect(try await client.response().status == 400)
    }
    #expect(stage.events.isEmpty)
  }

  /// Bodies that are read at the same time share one bound.
  @Test func allBodiesTogetherAreBounded() async throws {
    let stage = Stage()
    var limits = ConsoleLimits.patient
    limits.allBodies = 6 << 20
    try await stage.serving(limits) { port in
      let first = try Client(port)
      await first.send(
        "POST", "/v1/events", ["expect": "100-continue", "content-length": "\(4 << 20)"])
      #expect(try await first.response().status == 100)
      let second = try await Client.ask(
        port, "POST", "/v1/events", body: [UInt8](repeating: 32, count: 4 << 20))
      #expect(second.status == 503 && second.fields["retry-after"] == "1")
      await first.send([UInt8](repeating: 32, count: 4 << 20))
      #expect(try await first.response().status == 202)
      let third = try await Client.ask(
        port, "POST", "/v1/events", body: [UInt8](repeating: 32, count: 4 << 20))
      #expect(third.status == 202)
    }
  }
}
