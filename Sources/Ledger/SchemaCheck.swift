package import Manifests

extension JSONValue {
  /// Returns where and how this value is not what `schema` says, or nil when it is.
  ///
  /// Knows the keywords that `DecisionSchema` uses, and no others.
  package func violation(of schema: JSONValue) -> String? {
    firstViolation(of: schema).map { "\($0.place.isEmpty ? "the record" : $0.place) \($0.text)" }
  }

  /// A place is put together on the way back, so that what is right costs no text.
  private struct Violation {
    var place = ""
    let text: String

    func inside(_ name: String) -> Violation {
      let isField = !place.isEmpty && !place.hasPrefix("[")
      return Violation(place: name + (isField ? "." : "") + place, text: text)
    }
  }

  private static let nullSchema: JSONValue = ["type": "null"]

  private func firstViolation(of schema: JSONValue) -> Violation? {
    if case .array(let choices)? = schema["oneOf"] {
      guard self != .null || !choices.contains(Self.nullSchema) else { return nil }
      return choices.last.flatMap { firstViolation(of: $0) }
    }
    if let constant = schema["const"], constant != self {
      return Violation(text: "is not \(constant.canonical)")
    }
    return violationOfType(schema) ?? violationOfRange(schema)
  }

  private func violationOfType(_ schema: JSONValue) -> Violation? {
    switch (schema["type"], self) {
    case ("object", .object(let members)): Self.violation(of: schema, in: members)
    case ("array", .array(let items)): Self.violation(of: schema, in: items)
    case (nil, _), ("string", .string), ("integer", .int), ("null", .null): nil
    case (let type?, _): Violation(text: "is no \(type.text)")
    }
  }

  private static func violation(
    of schema: JSONValue, in members: [String: JSONValue]
  ) -> Violation? {
    guard case .object(let properties)? = schema["properties"] else { return nil }
    if case .array(let required)? = schema["required"] {
      for key in required where members[key.text] == nil {
        return Violation(text: "lacks \"\(key.text)\"")
      }
    }
    var first: (key: String, violation: Violation)?
    for (key, value) in members where first.map({ key < $0.key }) ?? true {
      guard let property = properties[key] else {
        first = (key, Violation(text: "has the unknown field \"\(CommitMessage.line(key))\""))
        continue
      }
      if let inner = value.firstViolation(of: property) { first = (key, inner.inside(key)) }
    }
    return first?.violation
  }

  private static func violation(of schema: JSONValue, in items: [JSONValue]) -> Violation? {
    guard let item = schema["items"] else { return nil }
    for (index, value) in items.enumerated() {
      if let inner = value.firstViolation(of: item) { return inner.inside("[\(index)]") }
    }
    return nil
  }

  private func violationOfRange(_ schema: JSONValue) -> Violation? {
    if case .array(let words)? = schema["enum"], !words.contains(self) {
      return Violation(text: "is none of \(words.map(\.text).joined(separator: ", "))")
    }
    if case .int(let least)? = schema["minimum"], case .int(let value) = self, value < least {
      return Violation(text: "is less than \(least)")
    }
    if schema["pattern"] == DecisionSchema.digestPattern, Digest(text) == nil {
      return Violation(text: "is no SHA-256 digest")
    }
    return nil
  }

  private var text: String {
    guard case .string(let text) = self else { return "" }
    return text
  }
}
