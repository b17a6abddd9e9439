import Encoding
import Foundation
import HTTPTypes
import Kubernetes
import Testing

/// What a real API server was asked and answered, and what Serin's client makes of it.
@Suite struct ContractTests {
  /// Each refusal that was recorded is of the kind that decides what Serin does next.
  @Test(arguments: Exchange.all.filter { $0.status >= 400 })
  func refusalsAreUnderstood(exchange: Exchange) async throws {
    let error = try await Self.refusal(exchange)
    #expect(Self.kind(error) == Self.kinds[exchange.number], "\(exchange): \(error.message)")
    #expect(!error.message.isEmpty)
  }

  /// Every recorded refusal has a line, so that a new recording needs a decision.
  private static let kinds: [String: String] = {
    let table: [(String, String)] = [
      ("notFound", "021 048 055 240 334"),
      ("unknownType", "017"),
      ("alreadyExists", "042 060 086"),
      ("conflict", "024 026 049 073 074 103 107 328"),
      ("stale", "033 063 064 067 088 092 124 125"),
      ("forbidden", "201 210 211 212 213 215 216 217 218 220 224 227 309 338"),
      ("unauthorized", "202"),
      ("expired", "246 302 303"),
      ("unavailable", "137 143 145 229 330"),
      (
        "invalid",
        """
        031 032 034 035 036 037 038 039 040 041 044 046 047 057 058 059 062 065 076 077 078 079 080 081 084 \
        089 090 091 105 109 111 112 113 115 116 117 118 120 123 138 146 147 148 207 238 241 242 312
        """
      ),
    ]
    return Dictionary(
      uniqueKeysWithValues: table.flatMap { kind, numbers in
        numbers.split(separator: " ").map { (String($0), kind) }
      })
  }()

  /// The fields and their managers are named.
  @Test func conflictsNameTheFields() async throws {
    let error = try await Self.refusal(.number("024"))
    guard case .conflict(let fields) = error.kind else {
      Issue.record("\(error)")
      return
    }
    #expect(
      fields.map(\.field) == [".spec.predictor.minReplicas", ".spec.predictor.model.storageUri"])
    #expect(fields.allSatisfy { $0.message == "conflict with \"rollout-controller\"" })
  }

  /// A server that is busy says so in plain text, too, and when to come again; no answer is longer than a line of a log.
  @Test func plainAnswersAreRead() async throws {
    let long = String(repeating: "x", count: 5000)
    for (status, body, kind) in [
      (429, "Too many requests, please try again later.", KubernetesError.Kind.unavailable),
      (502, "<html>\(long)</html>", .unavailable), (500, "oops", .unavailable),
      (500, #"{"kind": "Status", "message": "etcdserver: leader changed"}"#, .unavailable),
      (404, "404 page not found\n", .unknownType), (418, "", .invalid),
    ] {
      let answer = ScriptedServer.Answer.whole(status, [("Retry-After", "7")], body)
      let error = try await Self.refusal { _, _ in answer }
      #expect(error.kind == kind && error.retryAfter == .seconds(7) && error.message.count <= 1000)
    }
  }

  /// What Serin sends is what the server was sent, and took, when the exchange was recorded.
  @Test(arguments: ["022", "025", "070", "072", "313", "315"])
  func anApplyIsAsItWasRecorded(number: String) async throws {
    let exchange = Exchange.number(number)
    let body = try JSONValue(parsing: Array(exchange.requestBody.utf8))
    let type = try #require(Self.types.first { exchange.target.contains("/\($0.plural)/") })
    let field = exchange.query.first { $0.hasPrefix("fieldManager=") }
    let manager = try #require(field?.dropFirst("fieldManager=".count))
    let isForced = exchange.query.contains("force=true")
    let name = ObjectName("demo", String(exchange.path.split(separator: "/").last ?? ""))
    try await ScriptedServer.run(
      answering: { _, _ in .whole(exchange) }, manager: String(manager)
    ) { client, server in
      let object = try await client.apply(
        body, type, name, ownership: isForced ? .forced : .respected, as: Thing.self)
      #expect(object.objectName == name && object.metadata.resourceVersion != nil)
      let asked = try #require(server.asked.first)
      #expect(asked.method == exchange.method && asked.path == exchange.path)
      #expect(asked.query == exchange.query)
      #expect(asked.headers[.contentType] == exchange.contentType)
      #expect(try JSONValue(parsing: Array(asked.body.utf8)) == body)
    }
  }

  private static let types: [ResourceType] = [
    .deployments, .httpRoutes, .inferenceServices, .services,
  ]

  /// Every object that was recorded can be read.
  @Test(arguments: ["056", "101", "122", "317", "236"])
  func objectsAreRead(number: String) async throws {
    let exchange = Exchange.number(number)
    try await ScriptedServer.run(answering: { _, _ in .whole(exchange) }) { client, _ in
      let object = try await client.get(.services, ObjectName("demo", "x"), as: Thing.self)
      #expect(object.metadata.namespace == "demo" && object.metadata.uid != nil)
      #expect((object.metadata.deletionTimestamp != nil) == (number == "236"))
    }
  }

  private static func kind(_ error: KubernetesError) -> String {
    switch error.kind {
    case .conflict: "conflict"
    case let kind: "\(kind)"
    }
  }

  private static func refusal(_ exchange: Exchange) async throws -> KubernetesError {
    try await refusal { _, _ in .whole(exchange) }
  }

  private static func refusal(
    answering answer: @escaping @Sendable (ScriptedServer.Asked, Int) -> ScriptedServer.Answer
  ) async throws -> KubernetesError {
    try await ScriptedServer.run(answering: answer, retries: RetryPolicy(waits: [])) { client, _ in
      do {
        let name = ObjectName("demo", "iris")
        _ = try await client.get(.inferenceServices, name, as: Thing.self)
        throw Unexpected()
      } catch let error as KubernetesError {
        return error
      }
    }
  }

  private struct Unexpected: Error {}
}
