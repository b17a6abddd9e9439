import Console
import Control
import TestKit
import Testing
import Threads

/// Where payload loggers send: nothing else is there, and bodies of strangers are not read.
@Suite struct PayloadTests {
  private final class Log: PayloadLogReceiver {
    let receipt = Lock(EventReceipt.accepted)
    let isKnown = Lock(true)
    let taken = Lock<[(address: String?, body: [UInt8])]>([])

    func mayLog(from address: String?) -> Bool { isKnown.withLock { $0 } }

    func receive(
      headers: [(name: String, value: String)], body: [UInt8], from address: String?
    ) -> EventReceipt {
      taken.withLock { $0.append((address, body)) }
      return receipt.withLock { $0 }
    }
  }

  private static func serving(
    _ log: Log, _ body: (_ port: Int) async throws -> Void
  ) async throws {
    let console = Console(
      host: "127.0.0.1", port: 0, ports: ConsolePorts(payloads: log), limits: .patient,
      logger: Stage().log.logger)
    try await console.serving(body)
  }

  @Test func anEventIsTakenWithItsAddress() async throws {
    let log = Log()
    try await Self.serving(log) { port in
      let answer = try await Client.ask(port, "POST", "/v1/payloads", body: Array("{}".utf8))
      #expect(answer.status == 200 && answer.body == "{\"accepted\":1}\n")
    }
    let taken = log.taken.withLock { $0 }
    #expect(taken.map(\.address) == ["127.0.0.1"] && taken.map(\.body) == [Array("{}".utf8)])
  }

  @Test(arguments: [
    (EventReceipt.refused("no event"), 400), (.forbidden, 403), (.busy, 429),
  ])
  func answersSayWhatBecameOfIt(receipt: EventReceipt, status: Int) async throws {
    let log = Log()
    log.receipt.withLock { $0 = receipt }
    try await Self.serving(log) { port in
      let answer = try await Client.ask(port, "POST", "/v1/payloads", body: Array("{}".utf8))
      #expect(answer.status == status, "\(answer.body)")
    }
  }

  /// A stranger is sent away before it has sent a byte of a body.
  @Test func strangersAreNotRead() async throws {
    let log = Log()
    log.isKnown.withLock { $0 = false }
    try await Self.serving(log) { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/payloads", ["content-length": "4000000"])
      #expect(answer.status == 403 && answer.body.contains("none of a server's"))
    }
    #expect(log.taken.withLock { $0.isEmpty })
  }

  @Test func tooLargeIsRefused() async throws {
    let log = Log()
    try await Self.serving(log) { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/payloads", ["content-length": "4194305"])
      #expect(answer.status == 413)
    }
    #expect(log.taken.withLock { $0.isEmpty })
  }

  /// What the console shows is not shown here, and payloads are not taken there.
  @Test func nothingElseIsHere() async throws {
    try await Self.serving(Log()) { port in
      for path in ["/healthz", "/readyz", "/metrics", "/v1/events"] {
        let answer = try await Client.ask(port, "GET", path)
        #expect(answer.status == 404, "\(path)")
      }
    }
    try await Stage().serving { port in
      let answer = try await Client.ask(port, "POST", "/v1/payloads", body: [])
      #expect(answer.status == 404)
    }
  }
}
