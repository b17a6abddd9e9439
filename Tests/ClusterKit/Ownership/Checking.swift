import Encoding

// What cannot be applied, because the schema does not know how to merge it.

extension Schema {
  /// Returns what is wrong with an applied object, in structured-merge-diff's words.
  func typeErrors(of value: JSONValue) -> [String] {
    var errors: [String] = []
    collectErrors(value, "", &errors)
    return errors
  }

  private func collectErrors(_ value: JSONValue, _ path: String, _ errors: inout [String]) {
    guard value != .null, !isIntegerOrText else { return }
    switch (kind, value) {
    case (.object, .object(let members)), (nil, .object(let members)):
      if case .map = shape(of: value) { check(members, path, &errors) }
    case (.array, .array(let items)): check(items, path, &errors)
    case (nil, _), (.string, .string), (.boolean, .bool), (.integer, .int), (.number, .int): break
    default: errors.append("\(path): \(Self.mismatch(kind, value))")
    }
  }

  private func check(_ members: [String: JSONValue], _ path: String, _ errors: inout [String]) {
    for (name, inner) in members.sorted(by: { $0.key < $1.key }) {
      if let schema = member(name) {
        schema.collectErrors(inner, "\(path).\(name)", &errors)
      } else {
        errors.append("\(path).\(name): field not declared in schema")
      }
    }
  }

  private func check(_ items: [JSONValue], _ path: String, _ errors: inout [String]) {
    guard let element else { return }
    switch shape(of: .array(items)) {
    case .set, .list: break
    default: return
    }
    var seen: Set<PathElement> = []
    for item in items {
      let key = self.element(of: item)
      if case .key(let members) = key, members.isEmpty {
        errors.append(
          "\(path): element 0: associative list with keys has an element that omits key field")
        continue
      }
      if !seen.insert(key).inserted {
        errors.append("\(path): duplicate entries for key \(key)")
      }
      element.collectErrors(item, path + key.description, &errors)
    }
  }

  private static func mismatch(_ kind: Kind?, _ value: JSONValue) -> String {
    switch kind {
    case .object: "expected map, got \(value.asGoPrints)"
    case .array: "expected list, got \(value.asGoPrints)"
    case .integer, .number: "expected numeric (int or float), got \(value.goType)"
    case .string: "expected string, got \(value.asGoPrints)"
    case .boolean: "expected boolean, got \(value.asGoPrints)"
    case nil: "schema error"
    }
  }
}

extension JSONValue {
  fileprivate var asGoPrints: String {
    switch self {
    case .string(let text): "&{\(text)}"
    case .int(let number): "&{\(number)}"
    case .bool(let flag): "&{\(flag)}"
    case .array(let items): "&{[\(items.map(\.canonical).joined(separator: " "))]}"
    case .object: "&{map[]}"
    case .null: "<nil>"
    }
  }

  fileprivate var goType: String {
    switch self {
    case .string: "string"
    case .int: "int64"
    case .bool: "bool"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    case .null: "<nil>"
    }
  }
}
