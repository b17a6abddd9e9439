import Encoding
import Foundation

/// A list, or a page of one.
struct Listing {
  private let endpoint: Endpoint

  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  func answer(_ cluster: Cluster) throws(APIError) -> Reply {
    let (query, type) = (endpoint.request.query, endpoint.type)
    let selector = try Selector(query, type)
    let token = try query["continue"].map { text throws(APIError) in try Token(text) }
    let version = try wanted(cluster, token)
    let all = cluster.list(type.id, at: version)
      .filter { endpoint.isInPlace($0.key) && selector.matches($0.value) }
    let rest =
      token.map { token in all.filter { token.comes(before: $0.key, in: endpoint) } } ?? all
    let limit = query["limit"].flatMap(Int.init) ?? 0
    let page = limit > 0 ? Array(rest.prefix(limit)) : rest
    var metadata: [String: JSONValue] = [
      "resourceVersion": .string("\(version ?? cluster.version)")
    ]
    if type.isCustom { metadata["continue"] = "" }
    if let last = page.last, page.count < rest.count {
      let next = Token(version: version ?? cluster.version, last.key, in: endpoint)
      metadata["continue"] = .string(next.text)
      // How many others there are is not counted where some are left out.
      if query["labelSelector"] == nil, query["fieldSelector"] == nil {
        metadata["remainingItemCount"] = .number(rest.count - page.count)
      }
    }
    let items = page.map { cluster.shown(type, $0.value, endpoint.version) }
    let list = Self.list(type, endpoint.version, items, metadata)
    return .json(200, Presentation(endpoint.request, now: cluster.now).list(list, type))
  }

  static func list(
    _ type: APIType, _ version: APIType.Version, _ items: [JSONValue],
    _ metadata: [String: JSONValue]
  ) -> JSONValue {
    let shown = items.map { item in
      guard !type.isCustom else { return item }
      var item = item
      item[path: "kind"] = nil
      item[path: "apiVersion"] = nil
      return item
    }
    return [
      "kind": .string(type.listKind), "apiVersion": .string(type.apiVersion(version)),
      "metadata": .object(metadata), "items": .array(shown),
    ]
  }

  /// At which version to read; nil for now.
  private func wanted(_ cluster: Cluster, _ token: Token?) throws(APIError) -> Int? {
    if let token {
      guard token.version > 0 else { return nil }
      guard token.version >= cluster.compacted else { throw .oldToken(token.inconsistent) }
      return token.version
    }
    guard let text = endpoint.request.query["resourceVersion"], let version = Int(text) else {
      return nil
    }
    guard version <= cluster.version else { throw .tooNew(version, cluster.version) }
    guard endpoint.request.query["resourceVersionMatch"] == "Exact" else { return nil }
    guard version >= cluster.compacted else {
      throw APIError(
        code: 410, reason: "Expired",
        message: "The resourceVersion for the provided list is too old.")
    }
    return version
  }
}

extension APIError {
  fileprivate static func oldToken(_ next: String) -> APIError {
    APIError(
      code: 410, reason: "Expired",
      message: "The provided continue parameter is too old to display a consistent list result. "
        + "You can start a new list without the continue parameter, or use the continue token in "
        + "this response to retrieve the remainder of the results. Continuing with the provided "
        + "token results in an inconsistent list - objects that were created, modified, or deleted "
        + "between the time the first chunk was returned and now may show up in the list.",
      metadata: ["continue": .string(next)])
  }
}

/// Where the next page of a list begins, and of which version.
private struct Token {
  let version: Int
  /// "/name" within a namespace, "namespace/name" else.
  private let start: String

  init(version: Int, _ last: Cluster.Key, in endpoint: Endpoint) {
    self.version = version
    let isWhole = endpoint.target.namespace.isEmpty && endpoint.type.isNamespaced
    start = (isWhole ? "\(last.namespace)/\(last.name)" : "/\(last.name)") + "\0"
  }

  init(_ text: String) throws(APIError) {
    let padded = text.replacing("-", with: "+").replacing("_", with: "/")
    let missing = String(repeating: "=", count: (4 - padded.count % 4) % 4)
    guard let data = Data(base64Encoded: padded + missing),
      let json = try? JSONValue(parsing: Array(data)), let version = json["rv"]?.integer,
      let start = json["start"]?.string
    else {
      throw .badRequest(
        "invalid continue token: continue key is not valid: invalid character '\\u0081' looking "
          + "for beginning of value")
    }
    self.version = version
    self.start = start
  }

  var text: String { Self.text(version, start) }

  /// The token with which the rest can be read as it is now.
  var inconsistent: String { Self.text(-1, String(start.drop { $0 == "/" })) }

  private static func text(_ version: Int, _ start: String) -> String {
    let json = JSONValue.string(start).canonical
    let text = "{\"v\":\"meta.k8s.io/v1\",\"rv\":\(version),\"start\":\(json)}"
    return Data(text.utf8).base64EncodedString().replacing("=", with: "")
      .replacing("+", with: "-").replacing("/", with: "_")
  }

  func comes(before key: Cluster.Key, in endpoint: Endpoint) -> Bool {
    let isWhole = endpoint.target.namespace.isEmpty && endpoint.type.isNamespaced
    let place = isWhole ? "\(key.namespace)/\(key.name)" : key.name
    return (isWhole ? start : String(start.drop { $0 == "/" })) <= place
  }
}
