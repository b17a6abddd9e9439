import Encoding
extension Form {
  /// A mapping with known keys.
  ///
  /// All keys are read before any is missed, so that every problem is found at once.
  ///
  /// - Parameters:
  ///   - keys: The keys, in the order in which `make` takes their values.
  ///   - planned: Keys that are refused as not supported yet.
  ///   - misplaced: Keys that are refused because they belong elsewhere.
  ///   - make: Puts the values together, or returns nil after telling the fields why not.
  /// - Returns: A form that refuses every other key.
  static func object<each Part: Sendable>(
    _ keys: repeat Key<each Part>, planned: Set<String> = [], misplaced: Misplaced? = nil,
    make: @escaping @Sendable (Fields, repeat each Part) -> Value?
  ) -> Form {
    var names: [String] = []
    var required: [JSONValue] = []
    var properties: [String: JSONValue] = [:]
    for key in repeat each keys {
      names.append(key.name)
      if key.isRequired { required.append(.string(key.name)) }
      properties[key.name] = key.schema
    }
    let known = names
    let all = (repeat each keys)
    let schema = objectSchema(properties, required: required)
    return Form(schema: schema) { node, findings in
      let fields = Fields(
        node, known: known, planned: planned, misplaced: misplaced, findings: findings)
      guard let fields else { return nil }
      let parts = (repeat (each all).read(fields))
      guard let values = try? (repeat present(each parts)) else { return nil }
      return make(fields, repeat each values)
    }
  }

  /// A mapping that has exactly one of some keys.
  static func choice(_ keys: Key<Value>..., planned: Set<String> = []) -> Form {
    let properties = Dictionary(keys.map { ($0.name, $0.schema) }) { $1 }
    var schema = objectSchema(properties, required: [])
    schema["minProperties"] = 1
    schema["maxProperties"] = 1
    return Form(schema: schema) { node, findings in
      let known = keys.map(\.name)
      let fields = Fields(node, known: known, planned: planned, findings: findings)
      return fields.flatMap { chosen(of: keys, in: $0) }
    }
  }

  /// A mapping with exactly one of some keys, and with one other key that goes with any of them.
  static func choice<Other: Sendable>(
    _ keys: Key<Value>..., planned: Set<String> = [], beside other: Key<Other>,
    make: @escaping @Sendable (Fields, Value, Other) -> Value?
  ) -> Form {
    var properties = Dictionary(keys.map { ($0.name, $0.schema) }) { $1 }
    properties[other.name] = other.schema
    var schema = objectSchema(properties, required: [])
    schema["oneOf"] = .array(keys.map { ["required": [.string($0.name)]] })
    return Form(schema: schema) { node, findings in
      let known = keys.map(\.name) + [other.name]
      let fields = Fields(node, known: known, planned: planned, findings: findings)
      guard let fields else { return nil }
      let (value, beside) = (chosen(of: keys, in: fields), other.read(fields))
      guard let value, let beside else { return nil }
      return make(fields, value, beside)
    }
  }

  private static func chosen(of keys: [Key<Value>], in fields: Fields) -> Value? {
    let names = keys.map(\.name)
    let chosen = keys.filter { fields.values[$0.name] != nil }
    guard chosen.count != 1 else { return chosen[0].read(fields) }
    // Of an unknown key enough was said.
    if chosen.count > 1 || fields.areKnown {
      fields.error(
        "exactly one of \(names.joined(separator: ", ")) is expected, found \(chosen.count)")
    }
    return nil
  }

  private static func objectSchema(
    _ properties: [String: JSONValue], required: [JSONValue]
  ) -> [String: JSONValue] {
    var schema: [String: JSONValue] = [
      "type": "object", "additionalProperties": false, "properties": .object(properties),
    ]
    if !required.isEmpty { schema["required"] = .array(required) }
    return schema
  }
}

private struct Absent: Error {}

/// Unwraps one element of a pack; a pack of optionals has no other way.
private func present<Value>(_ value: Value?) throws(Absent) -> Value {
  guard let value else { throw Absent() }
  return value
}
