import Console
import Foundation
import TestKit
import Testing

/// How the server begins and ends.
@Suite struct LifeTests {
  @Test func takenPortIsAClearError() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let error = await #expect(throws: ConsoleError.self) {
        try await stage.console(port: port).serving { _ in Issue.record("two servers at a port") }
      }
      #expect(error?.isTaken == true)
      #expect(error?.description == "cannot listen on 127.0.0.1:\(port): Address already in use")
    }
  }

  /// Nothing listens any more when it has ended, and what the body threw is passed on.
  @Test func endIsTheEnd() async throws {
    struct Planned: Error {}
    let stage = Stage()
    let port = try freePort()
    await #expect(throws: Planned.self) {
      try await stage.console(port: port).serving { port in
        #expect(isListening(on: port))
        throw Planned()
      }
    }
    #expect(!isListening(on: port))
    #expect(stage.log.lines == ["info the console listens at=127.0.0.1:\(port)"])
  }

  /// Whoever listens elsewhere than on loopback is told what that means.
  @Test func addressForEverybodyIsWarnedOf() async throws {
    let log = CapturedLog()
    let console = Console(
      host: "0.0.0.0", port: 0, ports: ConsolePorts(report: { Stage.report() }), logger: log.logger)
    let port = try await console.serving { port in port }
    #expect(
      log.lines == [
        "info the console listens at=0.0.0.0:\(port)",
        "warning the console can be reached from elsewhere, and shows anybody how the controller is "
          + "at=0.0.0.0:\(port)",
      ])
  }

  /// Clients that are in no hurry do not keep the controller from ending.
  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      "", "GET /hea",
      "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(Stage.token)\r\n"
        + "content-length: 9\r\n\r\nabc",
    ])
  func endWaitsForNobodyForLong(text: String) async throws {
    var limits = ConsoleLimits.patient
    limits.stop = .milliseconds(300)
    var client: Client?
    try await Stage().serving(limits) { port in
      client = try Client(port)
      await client?.send(text)
      #expect(try await Client.ask(port, "GET", "/healthz").status == 200)
    }
    #expect(await client?.isClosed() == true)
  }

  /// A request that is under way when the controller ends is answered.
  @Test func requestUnderWayIsAnswered() async throws {
    let stage = Stage()
    var limits = ConsoleLimits.patient
    limits.stop = .seconds(600)
    let (port, client) = try await withThrowingTaskGroup(of: Void.self) { group in
      let (ports, announce) = AsyncStream<Int>.makeStream()
      let (ends, end) = AsyncStream<Void>.makeStream()
      group.addTask { [limits] in
        try await stage.serving(limits) { port in
          announce.yield(port)
          for await _ in ends { break }
        }
      }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      let client = try Client(port)
      await client.send("POST", "/v1/events", ["expect": "100-continue", "content-length": "5"])
      #expect(try await client.response().status == 100)
      end.yield()
      try await eventually { !isListening(on: port) }
      await client.send("abcde")
      #expect(try await client.response().status == 202)
      try await group.waitForAll()
      return (port, client)
    }
    #expect(!isListening(on: port))
    #expect(await client.isClosed())
    #expect(stage.events == [Array("abcde".utf8)])
  }
}
