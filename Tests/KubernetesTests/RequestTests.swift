import Foundation
import HTTPTypes
@testable import Kubernetes
import TestKit
import Testing
import Threads

/// How requests are sent: again when that may help, in turn, and with the credentials of the moment.
@Suite struct RequestTests {
  private static let name = ObjectName("demo", "iris")
  private static let object = #"{"metadata": {"name": "iris", "namespace": "demo", "uid": "1"}}"#

  private static func item(_ name: String) -> String {
    #"{"metadata": {"name": "\#(name)", "namespace": "demo"}}"#
  }

  /// A server that is busy or broken is asked again, and as often as the policy says.
  @Test(arguments: [(429, 3), (503, 3), (500, 1), (403, 1), (404, 1)])
  func whatMayHelpIsTriedAgain(status: Int, times: Int) async throws {
    let unknownField = Exchange.number("035")
    try await ScriptedServer.run(answering: { _, _ in
      status == 500 ? .whole(unknownField) : .whole(status, "no")
    }) { client, server in
      await #expect(throws: KubernetesError.self) {
        try await client.get(.services, Self.name, as: Thing.self)
      }
      #expect(server.asked.count == times)
    }
  }

  /// What succeeds at last is a success.
  @Test func theLastAnswerCounts() async throws {
    try await ScriptedServer.run(answering: { _, count in
      count < 2 ? .whole(503, "not yet") : .whole(200, Self.object)
    }) { client, server in
      let object = try await client.get(.services, Self.name, as: Thing.self)
      #expect(object.objectName == Self.name)
      #expect(server.asked.count == 3)
    }
  }

  /// A server that says when to come again is not asked sooner, whether a header says it or a Status; nor sooner than the
  /// policy has it.
  @Test(
    arguments: [
      (429, "1", #"Too many requests, please try again later."#, 1), (503, "1", "", 1),
      (504, nil, #"{"kind": "Status", "details": {"retryAfterSeconds": 1}}"#, 1),
      (429, "0", "", 1000),
    ] as [(Int, String?, String, Int)])
  func whoIsBusySaysWhen(
    status: Int, after: String?, body: String, milliseconds: Int
  ) async throws {
    let times = Lock<[ContinuousClock.Instant]>([])
    let headers = after.map { [(name: "Retry-After", value: $0)] } ?? []
    try await ScriptedServer.run(
      answering: { _, count in
        times.withLock { $0.append(.now) }
        return count == 0 ? .whole(status, headers, body) : .whole(200, Self.object)
      }, retries: RetryPolicy(waits: [.milliseconds(milliseconds)])
    ) { client, _ in
      _ = try await client.get(.services, Self.name, as: Thing.self)
      let moments = times.withLock { $0 }
      try #require(moments.count == 2)
      #expect(moments[1] - moments[0] >= .seconds(1))
    }
  }

  /// Nobody puts Serin off for an hour, and no number of seconds is negative.
  @Test(arguments: [("3600", 30), ("-1", 0), ("30", 30)])
  func noWaitIsLongerThanHalfAMinute(asked: String, seconds: Int) {
    let error = KubernetesError(429, [("retry-after", asked)], [], "GET services demo/iris")
    #expect(error.retryAfter == .seconds(seconds))
  }

  /// A server that is not there is no answer.
  @Test func nobodyListens() async throws {
    let client = KubernetesClient(
      ClusterAccess(server: "http://127.0.0.1:1"), retries: RetryPolicy(waits: []))
    let error = await #expect(throws: KubernetesError.self) {
      try await client.get(.services, Self.name, as: Thing.self)
    }
    #expect(error?.kind == .unreachable && error?.isTransient == true)
    #expect(error?.description.hasPrefix("kubernetes: GET services demo/iris: ") == true)
  }

  /// A list is read to its end; one whose version is gone on the way is read from its beginning.
  @Test func listsAreReadInPages() async throws {
    try await ScriptedServer.run(answering: { asked, count in
      switch count {
      case 0, 2:
        .whole(200, #"{"metadata": {"continue": "next/1"}, "items": [\#(Self.item("a"))]}"#)
      case 1: .whole(Exchange.number("303"))
      default:
        .whole(200, #"{"metadata": {"resourceVersion": "8"}, "items": [\#(Self.item("b"))]}"#)
      }
    }) { client, server in
      let list = try await client.list(
        .inferenceServices, in: "demo", labels: "app in (a,b)", as: Thing.self)
      #expect(
        list.objects.map(\.metadata.name) == ["a", "b"] && list.version == "8"
          && list.unreadable.isEmpty)
      #expect(server.asked.count == 4)
      #expect(server.asked[3].query.contains("continue=next%2F1"))
      #expect(server.asked[0].query == ["limit=100", "labelSelector=app%20in%20%28a%2Cb%29"])
    }
  }

  /// What the server has of an object that was given up is deleted if it is that object, and a second time is no error.
  @Test(arguments: ["126", "021", "125"])
  func deletionsAreOfOneObject(number: String) async throws {
    let exchange = Exchange.number(number)
    try await ScriptedServer.run(answering: { _, _ in .whole(exchange) }) { client, server in
      let metadata = ObjectMeta(name: "iris", namespace: "demo", uid: "u-1")
      if number == "125" {
        await #expect(throws: KubernetesError.self) { try await client.delete(.services, metadata) }
      } else {
        try await client.delete(.services, metadata)
      }
      #expect(server.asked.first?.body.contains(#""preconditions":{"uid":"u-1"}"#) == true)
    }
  }

  /// A name from outside is one segment of the path, whatever is in it.
  @Test(arguments: [
    ("a/../../secrets", "a%2F%2E%2E%2F%2E%2E%2Fsecrets"), ("..", "%2E%2E"), ("a?b=c", "a%3Fb%3Dc"),
    ("ä", "%C3%A4"), ("iris.v1", "iris.v1"),
  ])
  func namesReachNothingElse(name: String, segment: String) async throws {
    try await ScriptedServer.run(answering: { _, _ in .whole(200, Self.object) }) {
      client, server in
      _ = try await client.get(.services, ObjectName("demo", name), as: Thing.self)
      #expect(server.asked.first?.target == "/api/v1/namespaces/demo/services/\(segment)")
    }
  }

  /// The file of a token is read for each request.
  @Test(.temporaryFolder) func tokensAreReadAgain() async throws {
    let file = TemporaryFolder.current.appending(path: "token")
    try Data("first\n".utf8).write(to: file)
    try await ScriptedServer.run(
      answering: { _, _ in .whole(200, Self.object) },
      access: { ClusterAccess(server: $0, credentials: .token(.file(file.path))) }
    ) { client, server in
      _ = try await client.get(.services, Self.name, as: Thing.self)
      try Data("second\n".utf8).write(to: file)
      _ = try await client.get(.services, Self.name, as: Thing.self)
      #expect(server.asked.map { $0.headers[.authorization] } == ["Bearer first", "Bearer second"])
      try FileManager.default.removeItem(at: file)
      await #expect(throws: AccessError.self) {
        try await client.get(.services, Self.name, as: Thing.self)
      }
    }
  }

  /// After a burst, requests go out evenly; a pause fills the bucket, and never more than that.
  @Test func thePaceIsKept() {
    let pace = Pace(perSecond: 10, burst: 3)
    let start = ContinuousClock.now + .seconds(10)
    let first = (0..<5).map { _ in pace.turn(at: start) - start }
    #expect(first.map { max($0, .zero) } == [0, 0, 0, 100, 200].map { .milliseconds($0) })
    let later = start + .seconds(60)
    let second = (0..<4).map { _ in max(pace.turn(at: later) - later, .zero) }
    #expect(second == [0, 0, 0, 100].map { .milliseconds($0) })
  }
}
