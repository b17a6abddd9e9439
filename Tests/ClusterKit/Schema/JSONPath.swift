package import Encoding

// Reading and writing what lies deep in an object.

extension JSONValue {
  /// What stands at a path; setting nil takes it away, setting a value makes the objects above it.
  package subscript(path path: String...) -> JSONValue? {
    get { self[at: path[...]] }
    set { self[at: path[...]] = newValue }
  }

  subscript(at path: ArraySlice<String>) -> JSONValue? {
    get {
      guard let first = path.first else { return self }
      return self[first]?[at: path.dropFirst()]
    }
    set {
      guard let first = path.first else { return }
      var members = members
      if path.count == 1 {
        members[first] = newValue
      } else if newValue != nil || members[first] != nil {
        var inner = members[first] ?? .object([:])
        inner[at: path.dropFirst()] = newValue
        members[first] = inner
      }
      self = .object(members)
    }
  }

  package var name: String { self[path: "metadata", "name"]?.string ?? "" }
  package var namespace: String { self[path: "metadata", "namespace"]?.string ?? "" }
  package var uid: String { self[path: "metadata", "uid"]?.string ?? "" }
  package var version: Int { Int(self[path: "metadata", "resourceVersion"]?.string ?? "") ?? 0 }
  package var labels: [String: String] {
    (self[path: "metadata", "labels"] ?? .null).members.compactMapValues(\.string)
  }
  package var finalizers: [String] {
    (self[path: "metadata", "finalizers"] ?? .null).items.compactMap(\.string)
  }
  package var isDeleting: Bool { self[path: "metadata", "deletionTimestamp"] != nil }
}

extension Optional where Wrapped == JSONValue {
  /// Whether nothing stands there, or null.
  var isNothing: Bool { self == nil || self == .some(.null) }
}
