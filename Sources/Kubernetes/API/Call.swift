import HTTP

/// One request to the API, before it knows of which cluster.
struct Call: Sendable {
  let method: String
  let path: String
  /// The method and the object, for errors.
  let operation: String
  var query: [(name: String, value: String)] = []
  /// The type and the bytes of the body.
  var content: (type: String, body: [UInt8])?
  /// Whether it applies, so that the server has to know as whom.
  var isApplied = false
  /// Whether it goes before everything else, as what takes traffic from a bad revision does.
  var isUrgent = false
  /// Whether it is sent again when it got no answer; what depends on the time of day is not.
  var isRepeated = true
  var timeout: Duration = .seconds(30)

  /// About one object, or a part of it.
  init(_ method: String, _ type: ResourceType, _ name: ObjectName, part: String? = nil) {
    self.method = method
    path = type.path(namespace: name.namespace, name: name.name, part: part)
    operation = "\(method) \(type.plural)\(part.map { "/\($0)" } ?? "") \(name)"
  }

  /// About all objects of a type, or one that has no place yet.
  init(_ method: String, _ type: ResourceType, _ namespace: String?) {
    self.method = method
    path = type.path(namespace: namespace)
    operation = "\(method) \(type.plural)\(namespace.map { " of \($0)" } ?? "")"
  }

  /// Returns the path and the query.
  func target(manager: String) -> String {
    let all = method == "GET" || method == "DELETE" ? query : query + [("fieldManager", manager)]
    guard !all.isEmpty else { return path }
    return path + "?" + all.map { "\($0.name)=\($0.value.urlEncoded)" }.joined(separator: "&")
  }
}

/// How long to wait between attempts.
package struct RetryPolicy: Sendable {
  let waits: [Duration]

  /// Some seven seconds in all: whoever asked looks again a moment later anyway.
  package static let usual: [Duration] = [
    .milliseconds(200), .milliseconds(800), .seconds(2), .seconds(4),
  ]

  package init(waits: [Duration] = usual) { self.waits = waits }
}
