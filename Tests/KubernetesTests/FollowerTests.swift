import Foundation
import Logging
import TestKit
import Testing
import Threads

@testable import Kubernetes

/// How the objects of a type are followed.
@Suite(.timeLimit(.minutes(1))) struct FollowerTests {
  private typealias State = Following<Thing>

  /// A list replaces what was known, and says what is not as it was.
  @Test func aListIsCompared() {
    var state = State()
    let (a, b, c) = (Self.thing("a"), Self.thing("b"), Self.thing("c"))
    #expect(state.take(Listing([a, b], version: "5")) == [.set(a), .set(b)])
    let changed = Self.thing("b", version: "7")
    #expect(
      state.take(Listing([changed, c], version: "9")) == [
        .gone(a.objectName), .set(changed), .set(c),
      ])
    #expect(state.version == "9" && state.objects.count == 2)
  }

  /// Every event of the watches that were recorded is understood, and leads to what is there at the end.
  @Test(arguments: ["128", "129", "130", "131", "132", "133", "134", "316", "341"])
  func recordedWatchesAreFollowed(number: String) throws {
    var state = State()
    for line in Exchange.number(number).body.split(separator: "\n") {
      let event = try JSONDecoder().decode(WatchEvent<Thing>.self, from: Data(line.utf8))
      if case .unknown(let type) = event { Issue.record("\(type)") }
      _ = state.take(event)
    }
    #expect(state.version != nil)
    #expect(!state.objects.keys.contains(ObjectName("demo", "watched")), "it was deleted")
  }

  /// A version that is too old means a list.
  @Test(arguments: ["135", "301"])
  func anOldVersionIsForgotten(number: String) throws {
    var state = State()
    _ = state.take(Listing([], version: "1"))
    let line = try #require(Exchange.number(number).body.split(separator: "\n").first)
    let event = try JSONDecoder().decode(WatchEvent<Thing>.self, from: Data(line.utf8))
    guard case .failure(let kind, _, _) = event else {
      Issue.record("\(event)")
      return
    }
    #expect(kind == .expired)
    _ = state.take(event)
    #expect(state.version == nil)
  }

  /// Lines come whole, however the bytes are cut; one without an end is refused.
  @Test func linesAreCut() {
    var lines = LineSplitter()
    let bytes = Array("one\n\ntwo\nthr".utf8)
    var found: [String] = []
    for byte in bytes {
      found += (lines.take([byte]) ?? []).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == ["one", "two"])
    #expect(lines.take(Array("ee\n".utf8)) == [Array("three".utf8)])
    let endless = [UInt8](repeating: 1, count: LineSplitter.longest + 1)
    #expect(lines.take(endless) == nil)
  }

  /// Watches that do not last come more and more slowly; one that lasted is followed by the next at once.
  @Test func failuresSlowItDown() {
    var waits = Waits()
    let short = (0..<10).map { _ in waits.next(afterRoundOf: .seconds(1), hasFailed: false) }
    #expect(
      short.prefix(4) == [
        .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800),
      ])
    #expect(short.last == .seconds(30))
    #expect(
      waits.next(afterRoundOf: .seconds(60), hasFailed: true) == .seconds(30),
      "a server that takes long to give no answer")
    #expect(waits.next(afterRoundOf: .seconds(60), hasFailed: false) == .zero)
    #expect(waits.next(afterRoundOf: .seconds(1), hasFailed: false) == .milliseconds(100))
  }

  /// What the server asks for is waited for, and no shorter than without it.
  @Test func aServerSaysHowLong() {
    var waits = Waits()
    func next(_ asked: Int) -> Duration {
      waits.next(afterRoundOf: .seconds(1), hasFailed: true, noSoonerThan: .seconds(asked))
    }
    #expect([7, 0, 7].map(next) == [.seconds(7), .milliseconds(200), .seconds(7)])
    for _ in 0..<10 { _ = next(0) }
    #expect(next(7) == .seconds(30))
  }

  /// A list, a watch from its version, what happens, and after a version that is gone a list again; a stream that the
  /// server has ended and leaves open does not hold anything up.
  @Test func aFollowerGoesOn() async throws {
    let gone = Exchange.number("135").body.trimmingCharacters(in: .whitespacesAndNewlines)
    try await ScriptedServer.run(answering: { asked, count in
      let lists = [Self.list(["a"], version: "5"), Self.list(["b", "c"], version: "9")]
      if asked.query.contains("watch=true") {
        return asked.query.contains("resourceVersion=5")
          ? .stream([Self.event("MODIFIED", "b", "6"), gone], open: .seconds(30))
          : .stream([Self.event("DELETED", "c", "10")], open: .seconds(30))
      }
      return .whole(200, lists[min(count / 2, 1)])
    }) { client, server in
      let seen = Lock<[String]>([])
      let follower = Follower<Thing>(
        client, .services, in: "demo", labels: "app=iris", logger: Self.silent
      ) { changes in
        seen.withLock { $0 += changes.map(Self.word) }
      }
      let running = Task { await follower.run() }
      try await eventually { seen.withLock { $0.last } == "-c" }
      running.cancel()
      await running.value
      #expect(seen.withLock { $0 } == ["+a", "+b", "-a", "+b", "+c", "-c"])
      #expect(await follower.objects.keys.map(\.name) == ["b"])
      let watch = try #require(server.asked.first { $0.query.contains("watch=true") })
      #expect(watch.query.isSuperset(of: ["allowWatchBookmarks=true", "labelSelector=app%3Diris"]))
    }
  }

  /// An object that is not as it should be hides no other, in a list and in a watch; a watch that was silent to its
  /// end is followed by a list.
  @Test func oneBadObjectHidesNoOther() async throws {
    let bad = #"{"metadata": {"name": 7}}"#
    try await ScriptedServer.run(answering: { asked, count in
      guard asked.query.contains("watch=true") else {
        let items = [bad, Self.json(count == 0 ? "a" : "c", "1")].joined(separator: ",")
        return .whole(200, #"{"metadata": {"resourceVersion": "5"}, "items": [\#(items)]}"#)
      }
      return count == 1
        ? .stream([#"{"type": "ADDED", "object": \#(bad)}"#, Self.event("ADDED", "b", "6")])
        : .stream([])
    }) { client, server in
      let seen = Lock<[String]>([])
      let follower = Follower<Thing>(client, .services, in: "demo", logger: Self.silent) {
        let words = $0.map(Self.word)
        seen.withLock { $0 += words }
      }
      let running = Task { await follower.run() }
      try await eventually { seen.withLock { $0.contains("+c") } }
      running.cancel()
      await running.value
      #expect(seen.withLock { Array($0.prefix(2)) } == ["+a", "+b"])
      #expect(
        server.asked.prefix(4).map { $0.query.contains("watch=true") } == [
          false, true, true, false,
        ])
    }
  }

  /// A server that refuses again and again is said once, and once when it answers.
  @Test func aRefusalIsSaidOnce() async throws {
    let refusal = #"{"kind": "Status", "code": 403, "reason": "Forbidden", "message": "not you"}"#
    try await ScriptedServer.run(answering: { asked, count in
      if asked.query.contains("watch=true") { return .stream([], open: .seconds(30)) }
      return count < 3 ? .whole(403, refusal) : .whole(200, Self.list(["a"], version: "5"))
    }) { client, server in
      let log = CapturedLog()
      let follower = Follower<Thing>(client, .services, in: "demo", logger: log.logger) { _ in }
      let running = Task { await follower.run() }
      try await eventually { log.lines.count { $0.hasPrefix("info") } == 1 }
      running.cancel()
      await running.value
      #expect(
        log.lines.map { $0.prefix(27) } == [
          "warning the cluster cannot ", "info the cluster is followe",
        ])
      #expect(server.asked.count { !$0.query.contains("watch=true") } == 4)
    }
  }

  /// A list, a watch and an event that say when to come again are not asked for sooner.
  @Test(arguments: Refusal.allCases) private func whoIsBusyIsLeftAlone(refused: Refusal)
    async throws
  {
    let times = Lock<[ContinuousClock.Instant]>([])
    try await ScriptedServer.run(
      answering: { asked, _ in
        let before = times.withLock { times in
          defer { times.append(.now) }
          return times.count
        }
        if before == refused.place { return refused.answer }
        return asked.query.contains("watch=true")
          ? .stream([], open: .seconds(30)) : .whole(200, Self.list(["a"], version: "5"))
      }, retries: RetryPolicy(waits: [])
    ) { client, _ in
      let follower = Follower<Thing>(client, .services, in: "demo", logger: Self.silent) { _ in }
      let running = Task { await follower.run() }
      try await eventually { times.withLock { $0.count } > refused.place + 1 }
      running.cancel()
      await running.value
      let moments = times.withLock { $0 }
      #expect(moments[refused.place + 1] - moments[refused.place] >= .seconds(1))
    }
  }

  /// What a server that is busy refuses, and asks to be left alone for a second.
  private enum Refusal: CaseIterable {
    case list, watch, event

    /// How many requests come before it.
    var place: Int { self == .list ? 0 : 1 }

    var answer: ScriptedServer.Answer {
      let status = #"{"kind": "Status", "code": 504, "details": {"retryAfterSeconds": 1}}"#
      return self == .event
        ? .stream([#"{"type": "ERROR", "object": \#(status)}"#])
        : .whole(429, [("Retry-After", "1")], "Too many requests, please try again later.\n")
    }
  }

  /// A watch that is accepted and ends with an error each time is said once, and is not said to be followed again.
  @Test func aWatchThatBreaksIsSaidOnce() async throws {
    let broken = #"{"type": "ERROR", "object": {"kind": "Status", "code": 500, "message": "no"}}"#
    try await ScriptedServer.run(answering: { asked, _ in
      asked.query.contains("watch=true")
        ? .stream([broken]) : .whole(200, Self.list(["a"], version: "5"))
    }) { client, server in
      let log = CapturedLog()
      let follower = Follower<Thing>(client, .services, in: "demo", logger: log.logger) { _ in }
      let running = Task { await follower.run() }
      try await eventually { server.asked.count { $0.query.contains("watch=true") } > 3 }
      running.cancel()
      await running.value
      #expect(log.lines.count { $0.hasPrefix("warning") } == 1, "\(log.lines)")
    }
  }

  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func word(_ change: Change<Thing>) -> String {
    switch change {
    case .set(let thing): "+" + thing.metadata.name
    case .gone(let name): "-" + name.name
    }
  }

  private static func thing(_ name: String, version: String = "1") -> Thing {
    Thing(metadata: ObjectMeta(name: name, namespace: "demo", resourceVersion: version))
  }

  private static func json(_ name: String, _ version: String) -> String {
    #"{"metadata": {"name": "\#(name)", "namespace": "demo", "resourceVersion": "\#(version)"}}"#
  }

  private static func event(_ type: String, _ name: String, _ version: String) -> String {
    #"{"type": "\#(type)", "object": \#(json(name, version))}"#
  }

  private static func list(_ names: [String], version: String) -> String {
    let items = names.map { json($0, version) }.joined(separator: ",")
    return #"{"metadata": {"resourceVersion": "\#(version)"}, "items": [\#(items)]}"#
  }
}
