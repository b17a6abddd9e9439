import Foundation
import HTTP

/// Envoy's administration, on a unix socket that only we may use.
struct EnvoyAdmin: Sendable {
  let client: HTTPClient
  let socket: String

  /// What became of the documents of one kind.
  struct Activation: Equatable, Sendable {
    /// The version in force; nil before the first.
    var version: String?
    /// How many documents were refused, for whatever reason.
    var refusals = 0
    /// How many clusters wait for the first probes of their servers; routes to them are refused.
    var warming = 0
  }

  /// Returns the activation of every kind.
  ///
  /// `/ready` is not asked: Envoy says that it is ready with a configuration that it refused.
  func activations() async throws -> [EnvoyDocument.Kind: Activation] {
    let filter = #"\.(version_text|update_rejected|update_failure|warming_clusters)$"#
    return Self.activations(in: try await text(of: filter))
  }

  static func activations(in text: String) -> [EnvoyDocument.Kind: Activation] {
    var result: [EnvoyDocument.Kind: Activation] = [:]
    for kind in EnvoyDocument.Kind.allCases {
      let values = statistics(in: text, prefix: kind.statistics + ".")
      let version = values["version_text"].map { $0.trimmingCharacters(in: ["\""]) }
      let refusals = ["update_rejected", "update_failure"].compactMap {
        values[$0].flatMap { Int($0) }
      }
      result[kind] = Activation(
        version: version == "" ? nil : version, refusals: refusals.reduce(0) { $0 &+ $1 })
    }
    let warming = statistics(in: text, prefix: "cluster_manager.")["warming_clusters"]
    result[.clusters]?.warming = warming.flatMap { Int($0) } ?? 0
    return result
  }

  /// Returns how many requests a model server is still answering, inferences and others.
  func activeRequests(of key: ServerKey) async throws -> Int {
    var sum = 0
    for kind in RequestKind.allCases {
      sum += try await number("cluster.\(key.cluster(of: kind)).", "upstream_rq_active")
    }
    return sum
  }

  /// Returns how many requests of clients are still being answered.
  func activeRequests() async throws -> Int {
    try await number("http.ingress.", "downstream_rq_active")
  }

  /// Returns how many lines were given to the log, written or not.
  func linesLogged() async throws -> Int { try await number("filesystem.", "write_buffered") }

  private func number(_ prefix: String, _ name: String) async throws -> Int {
    let pattern = NSRegularExpression.escapedPattern(for: prefix + name)
    let values = Self.statistics(in: try await text(of: "^\(pattern)$"), prefix: prefix)
    return values[name].flatMap { Int($0) } ?? 0
  }

  /// Tells Envoy to do something.
  func post(_ path: String) async throws { _ = try await send("POST", path) }

  /// Asks Envoy for something.
  func get(_ path: String) async throws -> [UInt8] { try await send("GET", path) }

  private func text(of filter: String) async throws -> String {
    let query = "format=text&filter=\(Self.encoded(filter))"
    return String(decoding: try await get("/stats?\(query)"), as: UTF8.self)
  }

  private func send(_ method: String, _ path: String) async throws -> [UInt8] {
    var request = HTTPRequest("http://envoy\(path)")
    request.method = method
    request.unixSocket = socket
    // The administration runs on Envoy's main thread, which may be busy with 3,000 clusters.
    request.timeout = .seconds(5)
    if method == "POST" { request.body = [] }
    let response = try await client.send(request, limit: 64 << 20)
    guard response.status == 200 else {
      throw LocalRuntimeError(.envoy, "ask envoy for \(path)", "it answered \(response.status)")
    }
    return response.body
  }

  static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  /// Returns the statistics whose names begin with `prefix`, by the rest of their names.
  private static func statistics(in text: String, prefix: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(prefix) {
      guard let colon = line.range(of: ": ", options: .backwards) else { continue }
      let name = line[..<colon.lowerBound].dropFirst(prefix.count)
      values[String(name)] = String(line[colon.upperBound...])
    }
    return values
  }
}
