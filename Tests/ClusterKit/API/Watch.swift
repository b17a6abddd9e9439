import Encoding

/// A client that wants to know what changes, and up to where it knows it.
struct Watch: Sendable {
  private let type: APIType
  private let version: APIType.Version
  private let namespace: String
  private let selector: Selector
  private let presentation: Presentation
  let hasBookmarks: Bool
  /// After how many seconds it ends; nil for the server's own limit.
  let timeout: Int?
  private var position: Int
  /// What is sent before any change: the objects that are there, or an end.
  private(set) var first: [JSONValue] = []
  /// Whether nothing follows.
  private(set) var isOver = false

  init(_ endpoint: Endpoint, _ cluster: Cluster) throws(APIError) {
    let query = endpoint.request.query
    (type, version) = (endpoint.type, endpoint.version)
    namespace = endpoint.target.namespace
    var fields = query
    if !endpoint.target.name.isEmpty {
      fields["fieldSelector"] = "metadata.name=\(endpoint.target.name)"
    }
    selector = try Selector(fields, endpoint.type)
    presentation = Presentation(endpoint.request, now: cluster.now)
    hasBookmarks = endpoint.request.flag("allowWatchBookmarks")
    timeout = query["timeoutSeconds"].flatMap(Int.init)
    position = cluster.version
    let start = try Self.start(query)
    let wantsObjects = endpoint.request.flag("sendInitialEvents")
    if wantsObjects, query["resourceVersionMatch"] != "NotOlderThan" { throw .noMatch }
    if wantsObjects || start == 0 && query["sendInitialEvents"] != "false" {
      first = initial(cluster)
      // A watch from nowhere is taken as one that wants the objects first.
      let isFromNowhere = (query["resourceVersion"] ?? "").isEmpty
      if wantsObjects || isFromNowhere, hasBookmarks {
        first.append(bookmark(isInitialEnd: true))
      }
    } else if start > 0 {
      position = start
      checkAge(cluster)
    }
  }

  private static func start(_ query: [String: String]) throws(APIError) -> Int {
    guard let text = query["resourceVersion"], !text.isEmpty else { return 0 }
    guard let start = Int(text), start >= 0 else {
      throw APIError(
        code: 500,
        message: "resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: parsing "
          + "\"\(text)\": invalid syntax")
    }
    return start
  }

  private mutating func checkAge(_ cluster: Cluster) {
    guard position < cluster.compacted else { return }
    isOver = true
    let error = APIError(
      code: 410, reason: "Expired",
      message: "too old resource version: \(position) (\(cluster.compacted))")
    first = [["type": "ERROR", "object": error.status]]
  }

  private func initial(_ cluster: Cluster) -> [JSONValue] {
    cluster.list(type.id).filter { isMeant($0.key, $0.value) }.map {
      event("ADDED", cluster.shown(type, $0.value, version))
    }
  }

  private func isMeant(_ key: Cluster.Key, _ object: JSONValue) -> Bool {
    (namespace.isEmpty || key.namespace == namespace) && selector.matches(object)
  }

  /// Returns what happened since it was asked last.
  mutating func news(_ cluster: Cluster) -> [JSONValue] {
    guard !isOver, position < cluster.version else { return [] }
    let events = cluster.events(after: position)
    position = cluster.version
    return events.filter { $0.type == type.id }.compactMap { change($0, cluster) }
  }

  /// An object that leaves the selection is deleted as far as this client knows.
  private func change(_ change: Cluster.Event, _ cluster: Cluster) -> JSONValue? {
    let isNow = change.object.map { isMeant(change.key, $0) } ?? false
    let wasBefore = change.before.map { isMeant(change.key, $0) } ?? false
    switch (wasBefore, isNow) {
    case (false, true):
      return change.object.map { event("ADDED", cluster.shown(type, $0, version)) }
    case (true, true):
      return change.object.map { event("MODIFIED", cluster.shown(type, $0, version)) }
    case (true, false):
      var last = change.before ?? [:]
      last[path: "metadata", "resourceVersion"] = .string("\(change.version)")
      return event("DELETED", cluster.shown(type, last, version))
    case (false, false): return nil
    }
  }

  private func event(_ kind: String, _ object: JSONValue) -> JSONValue {
    ["type": .string(kind), "object": presentation.object(object, type)]
  }

  /// Says up to which version everything was told.
  func bookmark(isInitialEnd: Bool = false) -> JSONValue {
    var metadata: [String: JSONValue] = ["resourceVersion": .string("\(position)")]
    if isInitialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    return [
      "type": "BOOKMARK",
      "object": [
        "kind": .string(type.kind), "apiVersion": .string(type.apiVersion(version)),
        "metadata": .object(metadata),
      ],
    ]
  }
}

extension APIError {
  fileprivate static let noMatch = APIError.invalid(
    "ListOptions.meta.k8s.io", ["group": "meta.k8s.io", "kind": "ListOptions"], "",
    [
      .forbidden(
        "resourceVersionMatch",
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    ])
}

extension Cluster {
  /// What happened behind a version.
  func events(after version: Int) -> ArraySlice<Event> {
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle].version <= version { low = middle + 1 } else { high = middle }
    }
    return events[low...]
  }
}
