extension Form {
  /// A mapping with known keys.
  ///
  /// All keys are read before any is missed, so that every problem is found at once.
  ///
  /// - Parameters:
  ///   - keys: The keys, in the order in which `make` takes their values.
  ///   - planned: Keys that are refused as not supported yet.
  ///   - make: Puts the values together, or returns nil after telling the fields why not.
  /// - Returns: A form that refuses every other key.
  static func object<each Part: Sendable>(
    _ keys: repeat Key<each Part>, planned: Set<String> = [],
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
      guard let fields = Fields(node, known: known, planned: planned, findings: findings) else {
        return nil
      }
      let parts = (repeat (each all).read(fields))
      guard let values = try? (repeat present(each parts)) else { return nil }
      return make(fields, repeat each values)
    }
  }

  /// A mapping that has exactly one of some keys.
  static func choice(_ keys: Key<Value>..., planned: Set<String> = []) -> Form {
    let names = keys.map(\.name)
    let properties = Dictionary(keys.map { ($0.name, $0.schema) }) { $1 }
    var schema = objectSchema(properties, required: [])
    schema["minProperties"] = 1
    schema["maxProperties"] = 1
    return Form(schema: schema) { node, findings in
      guard let fields = Fields(node, known: names, planned: planned, findings: findings) else {
        return nil
      }
      let chosen = keys.filter { fields.values[$0.name] != nil }
      if chosen.count == 1, let value = chosen.first?.read(fields) { return value }
      guard chosen.count != 1 else { return nil }
      if chosen.count > 1 || fields.values.isEmpty {
        fields.error(
          "exactly one of \(names.joined(separator: ", ")) is expected, found \(chosen.count)")
      }
      return nil
    }
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
