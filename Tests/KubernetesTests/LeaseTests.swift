import Foundation
import Kubernetes
import Testing
import Threads

/// Who of several leads, by a lease.
@Suite struct LeaseTests {
  private static let name = ObjectName("serin", "leader")
  private static let date = Date(timeIntervalSince1970: 1_790_244_000.123456)
  private static let start = ContinuousClock.now

  /// The first takes it, renews it, and gives it up; the second waits until the first is silent for as long as it said.
  @Test func oneOfTwoLeads() async throws {
    let shelf = Shelf()
    try await ScriptedServer.run(answering: shelf.answer) { client, _ in
      let one = LeaseLock(client, Self.name, identity: "one")
      let two = LeaseLock(client, Self.name, identity: "two")
      #expect(try await Self.hold(one, 0))
      #expect(try await Self.hold(two, 0) == false)
      #expect(shelf.text.contains(#""renewTime":"2026-09-24T10:00:00.123456Z""#))
      #expect(try await Self.hold(one, 10))
      #expect(try await Self.hold(two, 11) == false, "it was renewed")
      #expect(try await Self.hold(two, 25) == false, "fourteen seconds after it was seen to change")
      #expect(try await Self.hold(two, 26))
      #expect(shelf.text.contains(#""leaseTransitions":1"#))
      #expect(try await Self.hold(one, 27) == false)
      try await two.release(date: Self.date)
      #expect(try await Self.hold(one, 28), "nobody waits for what was given up")
    }
  }

  /// A lease that somebody else has written between the look and the write is not held.
  @Test(arguments: ["088", "086"]) func theFasterOneLeads(number: String) async throws {
    let lost = Exchange.number(number)
    let lease = Exchange.number("122")
    let absent = Exchange.number("021")
    try await ScriptedServer.run(answering: { asked, _ in
      asked.method == "GET" ? .whole(number == "088" ? lease : absent) : .whole(lost)
    }) { client, _ in
      let lock = LeaseLock(client, Self.name, identity: "a")
      let isHeld = try await lock.hold(date: Self.date)
      #expect(!isHeld)
    }
  }

  /// A server that gives no answer is asked once: the next attempt comes in time.
  @Test func noAnswerIsNoLease() async throws {
    try await ScriptedServer.run(answering: { _, _ in .whole(503, "no") }) { client, server in
      let lock = LeaseLock(client, Self.name, identity: "a")
      await #expect(throws: KubernetesError.self) { try await lock.hold(date: Self.date) }
      #expect(server.asked.count == 1)
    }
  }

  private static func hold(_ lock: LeaseLock, _ seconds: Int) async throws -> Bool {
    try await lock.hold(at: start + .seconds(seconds), date: date)
  }

  /// One lease, as a server keeps it.
  private final class Shelf: Sendable {
    private let state = Lock<(text: String, version: Int)>(("", 0))

    var text: String { state.withLock { $0.text } }

    @Sendable func answer(_ asked: ScriptedServer.Asked, _ count: Int) -> ScriptedServer.Answer {
      state.withLock { state in
        if asked.method == "GET" {
          return state.text.isEmpty ? .whole(Exchange.number("021")) : .whole(200, state.text)
        }
        let mine = #""resourceVersion":"\#(state.version)""#
        guard state.text.isEmpty || asked.body.contains(mine) else {
          return .whole(Exchange.number("088"))
        }
        let next = #""resourceVersion":"\#(state.version + 1)""#
        let text = asked.body.replacing(mine, with: "").replacing(",}", with: "}")
        let written = text.replacing(#""metadata":{"#, with: #""metadata":{\#(next),"#)
        state = (written, state.version + 1)
        return .whole(200, state.text)
      }
    }
  }
}
