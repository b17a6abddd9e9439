package import Manifests

extension JSONValue {
  /// Returns where and how this value is not what `schema` says, or nil when it is.
  ///
  /// Knows the keywords that `DecisionSchema` uses, and no others.
  package func violation(of schema: JSONValue, at place: String = "") -> String? {
    if case .array(let choices)? = schema["oneOf"] {
      guard self != .null || !choices.contains(Self.nullSchema) else { return nil }
      return choices.last.flatMap { violation(of: $0, at: place) }
    }
    if let constant = schema["const"], constant != self {
      return "\(Self.shown(place)) is not \(constant.canonical)"
    }
    return violationOfType(schema, at: place) ?? violationOfRange(schema, at: place)
  }

  private static let nullSchema: JSONValue = ["type": "null"]

  private func violationOfType(_ schema: JSONValue, at place: String) -> String? {
    switch (schema["type"], self) {
    case ("object", .object(let members)): Self.violation(of: schema, in: members, at: place)
    case ("array", .array(let items)): Self.violation(of: schema, in: items, at: place)
    case (nil, _), ("string", .string), ("integer", .int), ("null", .null): nil
    case (let type?, _): "\(Self.shown(place)) is no \(type.text)"
    }
  }

  private static func violation(
    of schema: JSONValue, in members: [String: JSONValue], at place: String
  ) -> String? {
    guard case .object(let properties)? = schema["properties"] else { return nil }
    if case .array(let required)? = schema["required"] {
      for key in required where members[key.text] == nil {
        return "\(shown(place)) lacks \"\(key.text)\""
      }
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let property = properties[key] else {
        return "\(shown(place)) has the unknown field \"\(CommitMessage.line(key))\""
      }
      let inner = place.isEmpty ? key : "\(place).\(key)"
      if let violation = value.violation(of: property, at: inner) { return violation }
    }
    return nil
  }

  private static func violation(
    of schema: JSONValue, in items: [JSONValue], at place: String
  ) -> String? {
    guard let item = schema["items"] else { return nil }
    for (index, value) in items.enumerated() {
      if let violation = value.violation(of: item, at: "\(place)[\(index)]") { return violation }
    }
    return nil
  }

  private func violationOfRange(_ schema: JSONValue, at place: String) -> String? {
    if case .array(let words)? = schema["enum"], !words.contains(self) {
      return "\(Self.shown(place)) is none of \(words.map(\.text).joined(separator: ", "))"
    }
    if case .int(let least)? = schema["minimum"], case .int(let value) = self, value < least {
      return "\(Self.shown(place)) is less than \(least)"
    }
    if schema["pattern"] == DecisionSchema.digestPattern, Digest(text) == nil {
      return "\(Self.shown(place)) is no SHA-256 digest"
    }
    return nil
  }

  private var text: String {
    guard case .string(let text) = self else { return "" }
    return text
  }

  private static func shown(_ place: String) -> String { place.isEmpty ? "the record" : place }
}
