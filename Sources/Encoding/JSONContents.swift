// What a JSON value holds, for readers that know what it should be; nil when it is something else.

extension JSONValue {
  package var integer: Int? {
    guard case .int(let value) = self else { return nil }
    return Int(value)
  }

  package var boolean: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The items of a list; none when it is no list.
  package var items: [JSONValue] {
    guard case .array(let items) = self else { return [] }
    return items
  }

  /// The members of an object; none when it is no object.
  package var members: [String: JSONValue] {
    guard case .object(let members) = self else { return [:] }
    return members
  }

  package var integers: [Int]? {
    guard case .array(let items) = self else { return nil }
    return items.integers
  }
}

extension [JSONValue] {
  package var integers: [Int]? {
    var values: [Int] = []
    values.reserveCapacity(count)
    for item in self {
      guard let value = item.integer else { return nil }
      values.append(value)
    }
    return values
  }
}
