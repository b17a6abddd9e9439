import Encoding

/// One step of a path into an object.
enum PathElement: Hashable, Sendable {
  case field(String)
  /// An item of a list, known by some of its members.
  case key([String: JSONValue])
  /// An item of a set.
  case value(JSONValue)
}

/// A set of fields of an object, as a manager owns them: `fieldsV1` of `metadata.managedFields`.
///
/// A tree: what is in the set at this level, and what of the levels below.
struct FieldSet: Equatable, Sendable {
  private(set) var members: Set<PathElement> = []
  private(set) var children: [PathElement: FieldSet] = [:]

  init() {}

  var isEmpty: Bool { members.isEmpty && children.isEmpty }

  mutating func insert(_ path: [PathElement]) { insert(path[...]) }

  private mutating func insert(_ path: ArraySlice<PathElement>) {
    guard let first = path.first else { return }
    if path.count == 1 {
      members.insert(first)
    } else {
      children[first, default: FieldSet()].insert(path.dropFirst())
    }
  }

  func has(_ element: PathElement) -> Bool { members.contains(element) }

  func child(_ element: PathElement) -> FieldSet { children[element] ?? FieldSet() }

  func union(_ other: FieldSet) -> FieldSet {
    FieldSet(
      members.union(other.members), children.merging(other.children) { $0.union($1) })
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    var both: [PathElement: FieldSet] = [:]
    for (element, set) in children {
      both[element] = other.children[element]?.intersection(set)
    }
    return FieldSet(members.intersection(other.members), both)
  }

  /// What is in this set and not in the other; below what the other has as a whole, everything stays.
  func subtracting(_ other: FieldSet) -> FieldSet {
    var rest = children
    for (element, set) in other.children { rest[element] = rest[element]?.subtracting(set) }
    return FieldSet(members.subtracting(other.members), rest)
  }

  /// The set with those named fields as members of which it has something.
  func withNamedFields(_ schema: Schema) -> FieldSet {
    var members = members
    var children = children
    for (element, set) in children {
      var inner: Schema?
      switch element {
      case .field(let name):
        inner = schema.member(name)
        if schema.properties[name] != nil { members.insert(element) }
      default: inner = schema.element
      }
      children[element] = set.withNamedFields(inner ?? .unknown)
    }
    return FieldSet(members, children)
  }

  /// Without the paths, and what lies below them.
  func without(_ paths: [[String]]) -> FieldSet {
    var result = self
    for path in paths { result.remove(path[...]) }
    return result
  }

  private mutating func remove(_ path: ArraySlice<String>) {
    guard let first = path.first.map(PathElement.field) else { return }
    if path.count == 1 {
      members.remove(first)
      children[first] = nil
    } else if var inner = children[first] {
      inner.remove(path.dropFirst())
      children[first] = inner.isEmpty ? nil : inner
    }
  }

  /// Takes a field itself out, and leaves what lies below it.
  mutating func dropMember(_ name: String) { members.remove(.field(name)) }

  /// All paths, as errors name them: ".spec.rules"; members come before what is deeper.
  var paths: [String] { paths(under: "") }

  private func paths(under prefix: String) -> [String] {
    members.sorted().map { prefix + $0.description }
      + children.sorted { $0.key < $1.key }.flatMap { $1.paths(under: prefix + $0.description) }
  }

  private init(_ members: Set<PathElement>, _ children: [PathElement: FieldSet]) {
    self.members = members
    self.children = children.filter { !$1.isEmpty }
  }
}

extension PathElement: Comparable, CustomStringConvertible {
  static func < (one: PathElement, other: PathElement) -> Bool { one.text < other.text }

  /// As paths of errors have it.
  var description: String {
    switch self {
    case .field(let name): ".\(name)"
    case .key(let members):
      "["
        + members.sorted { $0.key < $1.key }.map { "\($0)=\($1.canonical)" }.joined(separator: ",")
        + "]"
    case .value(let value): "[=\(value.canonical)]"
    }
  }

  /// As a member of `fieldsV1`.
  var text: String {
    switch self {
    case .field(let name): "f:\(name)"
    case .key(let members): "k:\(JSONValue.object(members).canonical)"
    case .value(let value): "v:\(value.canonical)"
    }
  }

  init?(text: String) {
    let rest = String(text.dropFirst(2))
    let value = try? JSONValue(parsing: Array("[\(rest)]".utf8)).items.first
    switch (text.prefix(2), value) {
    case ("f:", _): self = .field(rest)
    case ("k:", .object(let members)): self = .key(members)
    case ("v:", let value?): self = .value(value)
    default: return nil
    }
  }
}

extension FieldSet {
  /// Reads `fieldsV1`.
  init(_ json: JSONValue) {
    for (text, inner) in json.members {
      guard let element = PathElement(text: text) else { continue }
      let set = FieldSet(inner)
      if inner[path: "."] != nil || inner.members.isEmpty { members.insert(element) }
      if !set.isEmpty { children[element] = set }
    }
  }

  /// `fieldsV1`.
  var json: JSONValue {
    var result: [String: JSONValue] = [:]
    for (element, set) in children {
      let own: JSONValue = members.contains(element) ? [".": [:]] : [:]
      result[element.text] = .object(own.members.merging(set.json.members) { $1 })
    }
    for element in members where children[element] == nil { result[element.text] = [:] }
    return .object(result)
  }
}
