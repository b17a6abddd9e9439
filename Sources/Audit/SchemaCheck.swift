package import Ledger
package import Encoding

/// A JSON Schema taken apart once, since every record of a ledger is held against it.
///
/// Knows the keywords that `DecisionSchema` uses, and no others.
package final class SchemaCheck: Sendable {
  private let choice: SchemaCheck?
  private let isOptional: Bool
  private let constant: JSONValue?
  private let type: String?
  private let properties: [String: SchemaCheck]
  private let required: [String]
  private let items: SchemaCheck?
  private let words: [JSONValue]
  private let least: Int64?
  private let isDigest: Bool

  package init(_ schema: JSONValue) {
    let choices = schema["oneOf"]?.items ?? []
    choice = choices.last.map(SchemaCheck.init)
    isOptional = choices.contains(["type": "null"])
    constant = schema["const"]
    type = schema["type"]?.string
    properties = schema["properties"]?.members.mapValues(SchemaCheck.init) ?? [:]
    required = schema["required"]?.items.compactMap(\.string) ?? []
    items = schema["items"].map(SchemaCheck.init)
    words = schema["enum"]?.items ?? []
    if case .int(let value)? = schema["minimum"] { least = value } else { least = nil }
    isDigest = schema["pattern"] == DecisionSchema.digestPattern
  }

  /// Returns where and how a value is not what the schema says, or nil when it is.
  package func violation(by value: JSONValue) -> String? {
    first(in: value).map { "\($0.place.isEmpty ? "the record" : $0.place) \($0.text)" }
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

  private func first(in value: JSONValue) -> Violation? {
    if let choice { return isOptional && value == .null ? nil : choice.first(in: value) }
    if let constant, constant != value { return Violation(text: "is not \(constant.canonical)") }
    return ofType(value) ?? ofRange(value)
  }

  private func ofType(_ value: JSONValue) -> Violation? {
    switch (type, value) {
    case ("object", .object(let members)): properties.isEmpty ? nil : first(in: members)
    case ("array", .array(let values)): first(in: values)
    case (nil, _), ("string", .string), ("integer", .int), ("boolean", .bool), ("null", .null): nil
    case (let type?, _): Violation(text: "is no \(type)")
    }
  }

  private func first(in members: [String: JSONValue]) -> Violation? {
    var first: (key: String, violation: Violation)?
    for (key, value) in members where first.map({ key < $0.key }) ?? true {
      guard let property = properties[key] else {
        first = (key, Violation(text: "has the unknown field \"\(CommitMessage.line(key))\""))
        continue
      }
      if let inner = property.first(in: value) { first = (key, inner.inside(key)) }
    }
    // Nothing is missing where all are known and as many as there may be.
    guard first != nil || members.count < properties.count else { return nil }
    let missing = required.first { members[$0] == nil }
    return missing.map { Violation(text: "lacks \"\($0)\"") } ?? first?.violation
  }

  private func first(in values: [JSONValue]) -> Violation? {
    guard let items else { return nil }
    for (index, value) in values.enumerated() {
      if let inner = items.first(in: value) { return inner.inside("[\(index)]") }
    }
    return nil
  }

  private func ofRange(_ value: JSONValue) -> Violation? {
    if !words.isEmpty, !words.contains(value) {
      let all = words.compactMap(\.string).joined(separator: ", ")
      return Violation(text: "is none of \(all)")
    }
    if let least, case .int(let number) = value, number < least {
      return Violation(text: "is less than \(least)")
    }
    if isDigest, value.string.flatMap({ Digest($0) }) == nil {
      return Violation(text: "is no SHA-256 digest")
    }
    return nil
  }
}

extension DecisionSchema {
  package static let prepared = SchemaCheck(schema)
}
