import Encoding
/// What a value of a manifest may be: how it is read, and how a JSON Schema says the same.
///
/// Every field is described once, as a `Key` with a `Form`. The decoder, the known keys and the
/// schema that `serin schema` prints all come from that description, so they cannot differ.
struct Form<Value: Sendable>: Sendable {
  let schema: [String: JSONValue]
  /// Returns the value, or nil after telling the findings why not.
  let read: @Sendable (Node, Findings) -> Value?

  func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Form<Other> {
    Form<Other>(schema: schema) { node, findings in read(node, findings).map(transform) }
  }

  /// A form that also gives the place of the value, for checks that compare several.
  var located: Form<Located<Value>> {
    Form<Located<Value>>(schema: schema) { node, findings in
      read(node, findings).map { Located(value: $0, position: node.position) }
    }
  }
}

struct Located<Value: Sendable>: Sendable {
  let value: Value
  let position: TextPosition
}

/// Why a text is not what it should be, in words for the person who wrote it.
struct TextRefusal: Error {
  let message: String
  var hint: String?
  var isConfidential = false
}

extension Form {
  /// A scalar with a syntax of its own.
  ///
  /// - Parameters:
  ///   - name: What is expected, with its article: "a duration".
  ///   - example: How to write one.
  ///   - schema: Its JSON Schema.
  ///   - parse: Reads a scalar that is not null.
  /// - Returns: A form that refuses what `parse` refuses.
  static func scalar(
    _ name: String, example: String, schema: [String: JSONValue],
    parse: @escaping @Sendable (Node.Scalar) throws(TextRefusal) -> Value
  ) -> Form {
    Form(schema: schema) { node, findings in
      guard case .scalar(let scalar) = node.content, !node.isNull else {
        findings.error(
          "expected \(name), found \(node.kind)", at: node.isNull ? node.place : node.position,
          hint: node.isNull ? "give it a value, or remove the key" : example)
        return nil
      }
      do throws(TextRefusal) {
        return try parse(scalar)
      } catch {
        findings.error(
          error.message, at: node.position, hint: error.hint, isConfidential: error.isConfidential)
        return nil
      }
    }
  }

  /// A list with so many items.
  static func list<Element>(
    of item: Form<Element>, count: ClosedRange<Int>
  ) -> Form where Value == [Located<Element>] {
    let schema: [String: JSONValue] = [
      "type": "array", "items": .object(item.schema), "minItems": .int(Int64(count.lowerBound)),
      "maxItems": .int(Int64(count.upperBound)),
    ]
    let item = item.located
    return Form(schema: schema) { node, findings in
      guard case .sequence(let nodes) = node.content else {
        findings.error("expected a list, found \(node.kind)", at: node.place)
        return nil
      }
      guard count.contains(nodes.count) else {
        findings.error(
          nodes.isEmpty
            ? "the list is empty"
            : "the list has \(nodes.count) items, at most \(count.upperBound) are allowed",
          at: node.place)
        return nil
      }
      let values = nodes.map { item.read($0, findings) }
      let present = values.compactMap { $0 }
      return present.count == values.count ? present : nil
    }
  }

  /// Free names with a value each.
  static func map<Element>(of item: Form<Element>) -> Form where Value == [String: Element] {
    Form<[(key: String, value: Element)]>.entries(of: item).map { entries in
      Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
    }
  }

  /// A mapping whose entries stay in the order in which they are written.
  static func entries<Element>(
    of item: Form<Element>
  ) -> Form where Value == [(key: String, value: Element)] {
    Form(schema: ["type": "object", "additionalProperties": .object(item.schema)]) {
      node, findings in
      guard case .mapping(let entries) = node.content else {
        findings.error(
          "expected a mapping, found \(node.kind)", at: node.textPlace,
          hint: Fields.spaceHint(node.text))
        return nil
      }
      let values = entries.compactMap { entry in
        item.read(entry.value, findings).map { (key: entry.key, value: $0) }
      }
      return values.count == entries.count ? values : nil
    }
  }

  /// A short form that is a scalar, or a long one that is a mapping.
  static func either(scalar: Form, mapping: Form) -> Form {
    let alternatives: JSONValue = [.object(scalar.schema), .object(mapping.schema)]
    return Form(schema: ["oneOf": alternatives]) { node, findings in
      if case .mapping = node.content { return mapping.read(node, findings) }
      return scalar.read(node, findings)
    }
  }
}

extension Form {
  /// A form that also takes one word in the place of a value.
  func or(_ word: String, _ value: Value) -> Form {
    let alternatives: JSONValue = [["const": .string(word)], .object(schema)]
    return Form(schema: ["oneOf": alternatives]) { node, findings in
      node.text == word ? value : read(node, findings)
    }
  }
}

extension Form where Value == Void {
  /// A choice that needs no settings: an empty mapping, or nothing at all.
  static let nothing = Form(
    schema: ["type": ["object", "null"], "additionalProperties": false, "properties": [:]]
  ) { node, findings in
    if node.isNull { return () }
    guard case .mapping(let entries) = node.content else {
      findings.error("expected {}, found \(node.kind)", at: node.position)
      return nil
    }
    for entry in entries {
      findings.error(
        "unknown key \"\(entry.key.shortened)\"", at: entry.value.place,
        hint: "there is nothing to set here")
    }
    return entries.isEmpty ? () : nil
  }
}
