import Encoding
import Foundation

/// What a client sent.
struct Request: Sendable {
  let method: String
  let path: String
  let query: [String: String]
  /// By names in lower case.
  let headers: [String: String]
  let body: [UInt8]

  init(method: String, target: String, headers: [String: String], body: [UInt8]) {
    self.method = method
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts.first ?? "")
    let pairs = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? String(halves[1]).replacing("+", with: " ") : "true"
      return (String(halves[0]), value.removingPercentEncoding ?? value)
    }
    query = Dictionary(pairs) { $1 }
    self.headers = headers
    self.body = body
  }

  /// The media type of the body, without parameters.
  var contentType: String {
    String((headers["content-type"] ?? "").prefix { $0 != ";" }).trimmingCharacters(
      in: .whitespaces)
  }

  var token: String? {
    guard let header = headers["authorization"], header.hasPrefix("Bearer ") else { return nil }
    return String(header.dropFirst("Bearer ".count))
  }

  func flag(_ name: String) -> Bool { ["true", "1", "True"].contains(query[name]) }

  var isDryRun: Bool { query["dryRun"] == "All" }

  /// As whom fields are written: as the client says, or by the first word of its name.
  var manager: String {
    let agent = String((headers["user-agent"] ?? "unknown").prefix { $0 != "/" })
    return query["fieldManager"] ?? agent
  }
}

/// What an answer is.
enum Reply: Sendable {
  case whole(Int, [(name: String, value: String)], [UInt8])
  case watch(Watch)

  static func json(
    _ code: Int, _ value: JSONValue, _ headers: [(name: String, value: String)] = []
  ) -> Reply {
    .whole(code, [("Content-Type", "application/json")] + headers, Array(value.canonical.utf8))
  }

  static func text(_ code: Int, _ text: String) -> Reply {
    .whole(
      code,
      [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")],
      Array(text.utf8))
  }

  init(_ error: APIError) {
    let wait = error.retryAfter.map { [(name: "Retry-After", value: "\($0)")] } ?? []
    if error.isText {
      self = .whole(
        error.code,
        [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
          + wait, Array(error.message.utf8))
    } else {
      let sniff: [(name: String, value: String)] =
        error.isOfAuthorizer ? [("X-Content-Type-Options", "nosniff")] : []
      self = .json(error.code, error.status, wait + sniff)
    }
  }
}

extension APIError {
  fileprivate var isOfAuthorizer: Bool { code == 403 && message.contains("cannot") && !isLate }
}

/// What a path names.
struct Target: Equatable {
  var group = ""
  var version = ""
  var plural = ""
  var namespace = ""
  var name = ""
  var subresource = ""
  /// Whether it is one of the old paths of watches.
  var isWatch = false

  /// Reads "/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE"; nil for what is no resource.
  init?(_ path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true).map {
      $0.removingPercentEncoding ?? String($0)
    }[...]
    switch parts.popFirst() {
    case "api": break
    case "apis": group = parts.popFirst() ?? ""
    default: return nil
    }
    version = parts.popFirst() ?? ""
    if parts.first == "watch" {
      isWatch = true
      parts.removeFirst()
    }
    if parts.first == "namespaces", parts.count > 2,
      !["status", "finalize"].contains(parts[parts.startIndex + 2])
    {
      parts.removeFirst()
      namespace = parts.removeFirst()
    }
    guard let plural = parts.popFirst() else { return nil }
    self.plural = plural
    name = parts.popFirst() ?? ""
    subresource = parts.joined(separator: "/")
  }

  /// As RBAC calls what a method does.
  func verb(_ request: Request) -> String {
    switch request.method {
    case "GET", "HEAD":
      isWatch || request.flag("watch") ? "watch" : name.isEmpty ? "list" : "get"
    case "POST": "create"
    case "PUT": "update"
    case "PATCH": "patch"
    case "DELETE": name.isEmpty ? "deletecollection" : "delete"
    default: request.method.lowercased()
    }
  }
}
