import Console
import TestKit
import Testing

/// Requests that two readers would read differently, that name what is not here, or that never end.
@Suite struct HostileRequestTests {
  private static let sender = "host: localhost\r\nauthorization: Bearer \(Stage.token)\r\n"

  /// What would be taken if the console found its beginning where the attacker wants it.
  private static let hidden = "POST /v1/events HTTP/1.1\r\n\(sender)content-length: 2\r\n\r\n{}"

  private static func post(_ fields: String, _ body: String = "") -> String {
    "POST /v1/events HTTP/1.1\r\n\(sender)\(fields)\r\n\r\n\(body)"
  }

  private static func chunked(_ body: String) -> String {
    post("transfer-encoding: chunked", body)
  }

  /// By what is wrong with it: where the request ends, or one of its lines.
  static let requests: [(name: String, text: String)] = [
    ("both lengths", post("content-length: 0\r\ntransfer-encoding: chunked", "0\r\n\r\n")),
    ("both, the other way", post("transfer-encoding: chunked\r\ncontent-length: 4", "0\r\n\r\n")),
    ("two lengths", post("content-length: 2\r\ncontent-length: 60", "{}")),
    ("a list of lengths", post("content-length: 2, 60", "{}")),
    ("a negative length", post("content-length: -2", "{}")),
    ("a signed length", post("content-length: +2", "{}")),
    ("a length in sixteens", post("content-length: 0x2", "{}")),
    ("a length with a gap", post("content-length: 2 2", "{}")),
    ("no length", post("content-length:", "{}")),
    ("a length beyond all numbers", post("content-length: 99999999999999999999999", "{}")),
    ("a coding that is none", post("transfer-encoding: xchunked", "2\r\n{}\r\n0\r\n\r\n")),
    ("chunks that are not last", post("transfer-encoding: chunked, identity", "0\r\n\r\n")),
    ("chunks behind a tab", post("transfer-encoding: \u{B}chunked", "0\r\n\r\n")),
    ("two codings", post("transfer-encoding: chunked\r\ntransfer-encoding: x", "0\r\n\r\n")),
    ("a gap before the colon", post("transfer-encoding : chunked", "0\r\n\r\n")),
    ("a folded line", post("x: y\r\n transfer-encoding: chunked", "0\r\n\r\n")),
    ("a NUL in a name", post("x\0: y\r\ncontent-length: 0")),
    ("a NUL in a value", post("x: y\0z\r\ncontent-length: 0")),
    ("a bare return in a value", post("x: y\rcontent-length: 2\r\ncontent-length: 0")),
    ("a field without a name", post(": y\r\ncontent-length: 0")),
    ("a field without a colon", post("x\r\ncontent-length: 0")),
    ("a negative chunk", chunked("-1\r\n{}\r\n0\r\n\r\n")),
    ("a chunk size with a prefix", chunked("0x2\r\n{}\r\n0\r\n\r\n")),
    ("a chunk size that overflows", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")),
    ("a chunk without a size", chunked("\r\n{}\r\n0\r\n\r\n")),
    ("a chunk size with a gap", chunked("2 2\r\n{}\r\n0\r\n\r\n")),
    ("a chunk longer than it says", chunked("1\r\n{}\r\n0\r\n\r\n")),
    ("an endless extension", chunked("2;\(String(repeating: "a", count: 1 << 20))")),
    (
      "endless trailers",
      chunked("2\r\n{}\r\n0\r\n" + String(repeating: "x: y\r\n", count: 100_000))
    ),
    ("an endless line", "GET /\(String(repeating: "a", count: 1 << 20))"),
    ("an endless field", post("x: \(String(repeating: "a", count: 1 << 20))")),
    ("endless fields", post(String(repeating: "x: y\r\n", count: 100_000))),
    ("a NUL in the target", "GET /healthz\0 HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ("a gap in the target", "GET /healthz /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ("another protocol", "GET /healthz SPDY/3\r\nhost: localhost\r\n\r\n"),
    ("a version that is none", "GET /healthz HTTP/9.9\r\nhost: localhost\r\n\r\n"),
    ("no version", "GET /healthz\r\n\r\n"),
    ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}"),
  ]

  /// One answer that refuses, and the end: what follows is nobody's request.
  @Test(.timeLimit(.minutes(1)), arguments: requests.map(\.name))
  func nothingIsReadBehindIt(name: String) async throws {
    let text = try #require(Self.requests.first { $0.name == name }).text
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.hurry()
      await client.send(text + Self.hidden)
      let answer = try await client.response()
      #expect([400, 431].contains(answer.status) && answer.fields["connection"] == "close")
      #expect(await client.isClosed())
    }
    #expect(stage.events.isEmpty)
  }

  /// Whoever stands before the console may have looked at the other one.
  @Test(.timeLimit(.minutes(1)), arguments: ["evil.test", "localhost"])
  func aSecondHostIsRefused(host: String) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.send(Self.post("host: \(host)\r\ncontent-length: 2", "{}"))
      #expect(try await client.response().status == 400)
    }
    #expect(stage.events.isEmpty)
  }

  /// A target is one of the routes as they are written, or nothing.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "GET //metrics", "GET /metrics/", "GET /../metrics", "GET /./metrics", "GET /%6detrics",
      "GET /metrics%00", "GET /METRICS", "GET /metrics;a", "GET metrics", "get /metrics",
      "GET /v1/events/../../metrics", "GET *", "OPTIONS *", "CONNECT localhost:22",
      "TRACE /metrics", "DELETE /metrics", "PURGE /metrics", "GET file:///metrics/",
    ])
  func targetsAreAsTheyAreWritten(target: String) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let client = try Client(port)
      await client.send("\(target) HTTP/1.1\r\n\(Self.sender)\r\n")
      #expect([400, 404, 405].contains(try await client.response().status))
    }
    #expect(stage.events.isEmpty)
  }

  @Test(arguments: [("localhost", 200), ("evil.test", 421)])
  func aTargetWithASchemeIsJudgedByItsHost(host: String, status: Int) async throws {
    try await Stage().serving { port in
      let client = try Client(port)
      await client.send("GET http://localhost/metrics HTTP/1.1\r\nhost: \(host)\r\n\r\n")
      #expect(try await client.response().status == status)
    }
  }
}
