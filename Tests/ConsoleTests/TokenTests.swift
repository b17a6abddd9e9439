import Console
import Control
import TestKit
import Testing

/// Who may send labels and events: whoever shows the token of the namespace, and no page in a browser.
@Suite struct TokenTests {
  private static func label(_ namespace: String) -> [UInt8] {
    Array(#"{"deployment": "\#(namespace)/fraud", "requestId": "6f2c", "label": 1}"#.utf8)
  }

  private static func conversion(_ namespace: String) -> [UInt8] {
    Array(#"{"deployment": "\#(namespace)/fraud", "entity": "u", "metric": "m"}"#.utf8)
  }

  /// A token speaks for its namespace; without one the body is not even read.
  @Test(
    arguments: [
      (Stage.token, "payments", 202), (Stage.token, "search", 202),
      (Stage.tokenOfPayments, "payments", 202), (Stage.tokenOfPayments, "search", 403),
      ("the-token-of-nobody-at-all", "payments", 401), ("", "payments", 401),
      (Stage.tokenOfPayments + "x", "payments", 401),
    ])
  func aTokenSpeaksForItsNamespace(token: String, namespace: String, status: Int) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let authorization = ["authorization": "Bearer \(token)"]
      let label = try await Client.ask(
        port, "POST", "/v1/feedback",
        authorization.merging(["content-type": "application/json"]) { $1 },
        body: Self.label(namespace))
      let event = try await Client.ask(
        port, "POST", "/v1/events", authorization.merging(["ce-namespace": namespace]) { $1 },
        body: Array("{}".utf8))
      #expect(label.status == status && event.status == status, "\(label) \(event)")
      if status == 401 { #expect(label.fields["www-authenticate"] == "Bearer") }
    }
    let taken = status == 202 ? 1 : 0
    #expect(stage.labels.count == taken && stage.events.count == taken)
  }

  /// Of a list in which one item is another team's, none is taken.
  @Test(arguments: [label("search"), conversion("search")])
  func aListIsTakenWhole(others: [UInt8]) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let own = [Self.label("payments"), Self.conversion("payments")]
      let list = (own + [others]).joined(separator: [0x2C])
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback",
        [
          "authorization": "bearer \(Stage.tokenOfPayments)", "content-type": "application/json",
        ], body: [0x5B] + list + [0x5D])
      #expect(answer.status == 403 && answer.body.contains("not that of search"))
    }
    #expect(stage.labels.isEmpty && stage.conversions.isEmpty)
  }

  /// A page may not send, and may not read by a name that was made to mean this machine.
  @Test(
    arguments: [
      (["origin": "http://evil.test"], 403, 200), (["host": "evil.test"], 421, 421),
      (["host": "evil.test:9464"], 421, 421), (["host": "127.0.0.1:9464"], 202, 200),
      (["host": "LOCALHOST"], 202, 200), (["host": "[::1]:80"], 421, 421),
    ] as [([String: String], Int, Int)])
  func pagesAreRefused(fields: [String: String], sending: Int, reading: Int) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let sent = try await Client.ask(
        port, "POST", "/v1/feedback",
        fields.merging(["content-type": "application/json"]) { $1 }, body: Self.label("payments"))
      let read = try await Client.ask(port, "GET", "/metrics", fields)
      #expect(sent.status == sending && read.status == reading)
    }
    #expect(stage.labels.count == (sending == 202 ? 1 : 0))
  }

  /// The operator says by which other names a console is called.
  @Test func namesAreTheOperators() async throws {
    let console = Console(
      host: "127.0.0.1", port: 0, names: ["serin.example.org"],
      ports: ConsolePorts(report: { Stage.report() }), logger: Stage().log.logger)
    try await console.serving { port in
      for (name, status) in [("serin.example.org", 200), ("localhost", 200), ("example.org", 421)] {
        let answer = try await Client.ask(port, "GET", "/healthz", ["host": name])
        #expect(answer.status == status)
      }
    }
  }

  @Test func aShortTokenIsNone() {
    #expect(Tokens([("a", "fifteen-bytes-1")]) == nil)
    #expect(Tokens([("a", "sixteen-bytes-12")]) != nil)
  }
}
