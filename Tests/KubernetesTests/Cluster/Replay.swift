@testable import ClusterKit
import Encoding
import Foundation
import HTTP
import Threads

/// Tells the server of the tests the story that was recorded of a real one, and compares what both say.
///
/// The counter of versions and the clock are set as they were, so that those are compared, too. What a server
/// draws is made equal: uids, names behind `generateName`, addresses of Services.
final class Replay {
  private let server: ClusterServer
  private let time: Lock<String>
  private let http = HTTPClient()
  /// What this server drew, and what the recorded one drew in its place.
  private var drawn: [(ours: String, recorded: String)] = []
  /// Objects as others wrote them, which the recording has only seen: by their versions.
  private var seen: [(version: Int, object: JSONValue, isGone: Bool)] = []

  /// Starts a server that is as old as the recorded one was.
  init() async throws {
    let time = Lock("2026-11-21T03:09:00Z")
    server = try await ClusterServer.start(now: { time.withLock { $0 } })
    self.time = time
    server.advance(to: 299)
    server.compact()
    server.state.withLock { $0.watchSecond = .milliseconds(200) }
    drawn = [(server.url.replacing("http://", with: ""), "127.0.0.1:16443")]
    // Leaving a selection looks like a deletion.
    let watches = Exchange.all.filter { $0.isWatch && !$0.target.contains("labelSelector") }
    seen = watches.flatMap(\.events).compactMap(Self.sight)
      .sorted { $0.version < $1.version }
    server.setAccounts([
      "admin": .administrator,
      "pod": Account("system:serviceaccount:demo:rollout-controller", Self.rules),
    ])
  }

  /// What exchange 204 gives the account.
  private static let rules = [
    Account.Rule(
      verbs: ["get", "list", "watch", "patch"], groups: ["serving.kserve.io"],
      resources: ["inferenceservices"], namespaces: ["demo"]),
    Account.Rule(
      verbs: ["get", "patch"], groups: ["gateway.networking.k8s.io"], resources: ["httproutes"],
      namespaces: ["demo"]),
    Account.Rule(
      verbs: ["get", "create", "update"], groups: ["coordination.k8s.io"], resources: ["leases"],
      namespaces: ["demo"]),
  ]

  func stop() async { await server.stop() }

  private static func sight(_ event: JSONValue) -> (version: Int, object: JSONValue, isGone: Bool)?
  {
    guard let object = event["object"], !object.uid.isEmpty else { return nil }
    return (object.version, object, event["type"] == "DELETED")
  }

  /// Replays one exchange; returns what differs.
  func differences(_ exchange: Exchange) async throws -> [String] {
    prepare(exchange)
    let answer = try await exchange.isWatch ? follow(exchange) : send(exchange)
    learn(exchange, answer.body)
    return exchange.differences(answer.status, answer.headers, translated(answer.body))
  }

  /// Takes over what others wrote, as an answer shows it.
  func takeOver(_ exchange: Exchange) {
    guard let object = try? JSONValue(parsing: Array(exchange.body.utf8)) else { return }
    for item in object["items"]?.items ?? [object] {
      server.advance(to: item.version - 1)
      put(item, isGone: false)
    }
  }

  // What was before a request.

  private func prepare(_ exchange: Exchange) {
    if let date = exchange.date { time.withLock { $0 = date } }
    let version = exchange.version
    if exchange.number == "301" {
      catchUp(to: 474)
      server.compact()
    }
    if exchange.number == "332" { server.setCollectsGarbage(false) }
    if exchange.number == "334" { server.collectGarbage() }
    guard !exchange.isWatch || exchange.body.contains("initial-events-end") else { return }
    catchUp(to: exchange.isWrite ? version - 1 : version)
  }

  /// Writes what others wrote up to a version.
  private func catchUp(to version: Int) {
    for sight in seen where sight.version > server.version && sight.version <= version {
      server.advance(to: sight.version - 1)
      put(sight.object, isGone: sight.isGone)
    }
    server.advance(to: version)
  }

  private func put(_ recorded: JSONValue, isGone: Bool) {
    let text = original(recorded.canonical)
    guard let object = try? JSONValue(parsing: Array(text.utf8)) else { return }
    server.state.withLock { state in
      let group = object["apiVersion"]?.string?.split(separator: "/") ?? []
      let name = group.count > 1 ? String(group[0]) : ""
      let found = state.cluster.types.values.first {
        $0.group == name && $0.kind == object["kind"]?.string
      }
      guard let type = found else { return }
      let key = Cluster.Key(namespace: object.namespace, name: object.name)
      state.cluster.put(type.id, key, isGone ? nil : object)
      state.wake()
    }
  }

  // The request and its answer.

  private typealias Answer = (status: Int, headers: [String: String], body: String)

  private func request(_ exchange: Exchange) -> HTTPRequest {
    var target = original(exchange.target)
    target.replace(#/timeoutSeconds=\d+/#, with: "timeoutSeconds=1")
    var request = HTTPRequest(server.url + target)
    request.method = exchange.method
    request.headers = exchange.requestHeaders.filter { $0.name != "authorization" }
    if let token = exchange.token { request.headers.append(("authorization", "Bearer \(token)")) }
    if !exchange.requestBody.isEmpty {
      request.body = Array(original(exchange.requestBody).trimmingCharacters(in: .newlines).utf8)
    }
    return request
  }

  private func send(_ exchange: Exchange) async throws -> Answer {
    let response = try await http.send(request(exchange))
    return (
      response.status, Dictionary(response.headers.map { ($0.name, $0.value) }) { $0 + "\n" + $1 },
      String(decoding: response.body, as: UTF8.self)
    )
  }

  /// Opens a watch, writes meanwhile what was written meanwhile, and reads as many events as there were.
  private func follow(_ exchange: Exchange) async throws -> Answer {
    let (head, body) = try await http.open(request(exchange))
    defer { body.cancel() }
    let (version, server) = (exchange.version, server)
    if head.status == 200, version > server.version {
      while server.openWatches == 0 { try await Task.sleep(for: .milliseconds(1)) }
      catchUp(to: version)
    }
    var text = ""
    for try await chunk in body {
      text += String(decoding: chunk, as: UTF8.self)
      let isWhole = text.split(separator: "\n").count >= exchange.events.count
      if isWhole, head.status == 200, !exchange.events.isEmpty { break }
    }
    let headers = Dictionary(head.headers.map { ($0.name, $0.value) }) { $1 }
    return (head.status, headers, text)
  }

  // What servers draw.

  private func original(_ text: String) -> String {
    drawn.reduce(text) { $0.replacing($1.recorded, with: $1.ours) }
  }

  private func translated(_ text: String) -> String {
    drawn.reduce(text) { $0.replacing($1.ours, with: $1.recorded) }
  }

  private static let drawnPaths = [
    ["metadata", "uid"], ["details", "uid"], ["metadata", "name"], ["spec", "clusterIP"],
  ]

  private func learn(_ exchange: Exchange, _ text: String) {
    guard let recorded = try? JSONValue(parsing: Array(exchange.body.utf8)),
      let ours = try? JSONValue(parsing: Array(text.utf8))
    else { return }
    for path in Self.drawnPaths {
      guard let theirs = recorded[at: path[...]]?.string, let own = ours[at: path[...]]?.string,
        theirs != own, !drawn.contains(where: { $0.recorded == theirs }),
        path.last != "name" || recorded[path: "metadata", "generateName"] != nil
      else { continue }
      drawn.append((own, theirs))
    }
  }
}

extension Exchange {
  var isWatch: Bool { target.contains("watch=1") || target.contains("/watch/") }
  var isWrite: Bool { method != "GET" && status < 300 }

  /// The events of a watch; those that say the same as the one before are left out.
  var events: [JSONValue] { Self.events(body) }

  static func events(_ text: String) -> [JSONValue] {
    let all = text.split(separator: "\n").compactMap {
      try? JSONValue(parsing: Array($0.utf8))
    }
    return zip(all.indices, all).filter { $0 == 0 || all[$0 - 1] != $1 }.map(\.1)
  }

  /// The highest version that the answer knows of; 0 for none.
  var version: Int {
    if isWatch { return events.compactMap { $0["object"]?.version }.max() ?? 0 }
    if let match = body.firstMatch(of: #/, current: (\d+)/#) { return Int(match.1) ?? 0 }
    return (try? JSONValue(parsing: Array(body.utf8)))?.version ?? 0
  }

  /// When it was answered, as the API writes it.
  var date: String? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return headers.first { $0.name == "date" }.flatMap { format.date(from: $0.value) }?
      .formatted(.iso8601)
  }

  /// As whom it was asked.
  var token: String? {
    if name.contains("-sa-"), !["203", "207"].contains(number) { return "pod" }
    if number == "202" { return "nobody" }
    return isWatch || requestHeaders.contains { $0.name == "authorization" } ? "admin" : nil
  }

  private static let comparedHeaders = [
    "content-type", "retry-after", "warning", "x-content-type-options", "cache-control", "vary",
  ]

  func differences(_ status: Int, _ headers: [String: String], _ body: String) -> [String] {
    var result: [String] = []
    if status != self.status { result.append("status \(status), not \(self.status)") }
    for name in Self.comparedHeaders {
      let recorded = self.headers.filter { $0.name == name }.map(\.value)
      let wanted = recorded.isEmpty ? nil : recorded.joined(separator: "\n")
      if headers[name] != wanted {
        result.append("\(name): \(headers[name] ?? "none"), not \(wanted ?? "none")")
      }
    }
    if isWatch, status == 200 {
      let (ours, theirs) = (events(like: body), events)
      if ours.count != theirs.count {
        return result + ["\(ours.map(Self.name)), not \(theirs.map(Self.name))"]
      }
      return result + Self.differences(.array(events(like: body)), .array(events), "")
    }
    guard let wanted = try? JSONValue(parsing: Array(self.body.utf8)) else {
      let lines = self.body.trimmingCharacters(in: .newlines)
      return result
        + (body.trimmingCharacters(in: .newlines) == lines
          ? [] : ["other text: \(body.prefix(200))"])
    }
    guard let found = try? JSONValue(parsing: Array(body.utf8)) else {
      return result + ["no JSON: \(body.prefix(200))"]
    }
    return result + Self.differences(found, wanted, "")
  }

  private static func name(_ event: JSONValue) -> String {
    let object = event["object"] ?? [:]
    return "\(event["type"]?.string ?? "") \(object.name) \(object.version)"
  }

  /// A server sends bookmarks when it likes: those that the recorded one did not send are left out.
  private func events(like body: String) -> [JSONValue] {
    let all = Self.events(body)
    return events.contains { $0["type"] == "BOOKMARK" }
      ? all : all.filter { $0["type"] != "BOOKMARK" }
  }

  private static func differences(_ one: JSONValue, _ two: JSONValue, _ path: String) -> [String] {
    switch (one, two) {
    case (.object(let ours), .object(let theirs)):
      return Set(ours.keys).union(theirs.keys).sorted().flatMap { key in
        switch (ours[key], theirs[key]) {
        case (let own?, let other?): differences(own, other, "\(path).\(key)")
        // A hash of names of versions.
        case (nil, _) where key == "storageVersionHash": [String]()
        case (let own?, nil): ["\(path).\(key): \(own.canonical.prefix(300)), not there"]
        case (_, let other): ["\(path).\(key): missing \(other?.canonical.prefix(300) ?? "")"]
        }
      }
    case (.array(let ours), .array(let theirs)) where ours.count == theirs.count:
      return zip(ours, theirs).enumerated().flatMap {
        differences($0.element.0, $0.element.1, "\(path)[\($0.offset)]")
      }
    default:
      return one == two
        ? [] : ["\(path): \(one.canonical.prefix(600)), not \(two.canonical.prefix(600))"]
    }
  }
}
