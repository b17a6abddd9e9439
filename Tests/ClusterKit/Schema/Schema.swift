import Encoding

/// What a type's objects look like, as a structural schema of OpenAPI says it.
///
/// It decides three things: what is refused, what is filled in, and who can own which parts.
package final class Schema: Sendable {
  enum Kind: String, Sendable { case object, array, string, integer, number, boolean }

  /// How parts are owned.
  enum Shape {
    /// One owner for the whole.
    case scalar, atomicList, atomicMap
    /// Each member has owners of its own.
    case map
    /// Each item has, and is known by its value, or by some of its members.
    case set(Schema)
    case list(Schema, keys: [String])
  }

  /// nil: whatever is there.
  let kind: Kind?
  let properties: [String: Schema]
  let additional: Schema?
  let element: Schema?
  let required: [String]
  let allowed: [JSONValue]
  let preserves: Bool
  let isNullable: Bool
  let isIntegerOrText: Bool
  let fallback: JSONValue?
  let limits: Limits
  /// The messages of the rules in CEL.
  let rules: [String]
  private let listType: String
  private let listKeys: [String]
  private let isAtomicMap: Bool

  struct Limits: Sendable {
    var minimum: Int?
    var maximum: Int?
    var minLength: Int?
    var maxLength: Int?
    var minItems: Int?
    var maxItems: Int?
    var pattern: String?
  }

  /// Reads a schema; `shared` holds what it refers to by number.
  init(_ json: JSONValue, shared: [String: JSONValue] = [:]) {
    let json = json["$shared"]?.string.flatMap { shared[$0] } ?? json
    func read(_ key: String) -> Schema? {
      guard let value = json[key], case .object = value else { return nil }
      return Schema(value, shared: shared)
    }
    kind = json["type"]?.string.flatMap(Kind.init)
    properties = (json["properties"] ?? .null).members.mapValues { Schema($0, shared: shared) }
    additional = read("additionalProperties")
    element = read("items")
    required = (json["required"] ?? .null).items.compactMap(\.string)
    allowed = (json["enum"] ?? .null).items
    isIntegerOrText = json["x-kubernetes-int-or-string"]?.boolean ?? false
    preserves =
      json["x-kubernetes-preserve-unknown-fields"]?.boolean ?? (json["type"] == nil)
    isNullable = json["nullable"]?.boolean ?? false
    fallback = json["default"]
    limits = Limits(json)
    rules = (json["x-kubernetes-validations"] ?? .null).items.compactMap(\.string)
    listType = json["x-kubernetes-list-type"]?.string ?? "atomic"
    listKeys = (json["x-kubernetes-list-map-keys"] ?? .null).items.compactMap(\.string)
    isAtomicMap = json["x-kubernetes-map-type"]?.string == "atomic"
  }

  /// The schema of what has none.
  static let unknown = Schema([:])

  /// The schema of a member; nil when there may be none of this name.
  func member(_ name: String) -> Schema? {
    properties[name] ?? additional ?? (preserves && !isIntegerOrText ? .unknown : nil)
  }

  /// How parts of a value are owned; what has no schema is taken as it is.
  func shape(of value: JSONValue?) -> Shape {
    if isIntegerOrText { return .scalar }
    switch (kind, value) {
    case (.object, _): return isAtomicMap ? .atomicMap : .map
    case (.array, _): return listShape
    case (nil, .object): return isAtomicMap ? .atomicMap : .map
    case (nil, .array): return .atomicList
    default: return .scalar
    }
  }

  private var listShape: Shape {
    guard let element else { return .atomicList }
    switch listType {
    case "set": return .set(element)
    case "map": return .list(element, keys: listKeys)
    default: return .atomicList
    }
  }

  /// The schema with other members than its own.
  func with(_ more: [String: Schema]) -> Schema { Schema(self, properties.merging(more) { $1 }) }

  private init(_ other: Schema, _ properties: [String: Schema]) {
    self.properties = properties
    (kind, additional, element) = (other.kind, other.additional, other.element)
    (required, allowed, preserves) = (other.required, other.allowed, other.preserves)
    (isNullable, isIntegerOrText) = (other.isNullable, other.isIntegerOrText)
    (fallback, limits, rules) = (other.fallback, other.limits, other.rules)
    (listType, listKeys, isAtomicMap) = (other.listType, other.listKeys, other.isAtomicMap)
  }
}

extension Schema.Limits {
  init(_ json: JSONValue) {
    minimum = json["minimum"]?.integer
    maximum = json["maximum"]?.integer
    minLength = json["minLength"]?.integer
    maxLength = json["maxLength"]?.integer
    minItems = json["minItems"]?.integer
    maxItems = json["maxItems"]?.integer
    pattern = json["pattern"]?.string
  }
}
