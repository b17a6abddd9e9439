/// Gives a value that decodes itself the parts of a `JSONValue`, without a way through text.
struct JSONValueDecoder: Decoder {
  let value: JSONValue

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw value.isNo("object", type) }
    return KeyedDecodingContainer(Keyed(members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let items) = value else { throw value.isNo("list", [JSONValue].self) }
    return Unkeyed(items: items)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(value: value) }
}

extension JSONValue {
  fileprivate func isNo(_ what: String, _ type: Any.Type, at key: String? = nil) -> DecodingError {
    let place = key.map { "\"\($0)\"" } ?? "the value"
    return .typeMismatch(type, .init(codingPath: [], debugDescription: "\(place) is no \(what)"))
  }

  fileprivate func bool(at key: String? = nil) throws -> Bool {
    guard case .bool(let value) = self else { throw isNo("boolean", Bool.self, at: key) }
    return value
  }

  fileprivate func string(at key: String? = nil) throws -> String {
    guard case .string(let value) = self else { throw isNo("text", String.self, at: key) }
    return value
  }

  fileprivate func integer<Value: FixedWidthInteger>(at key: String? = nil) throws -> Value {
    guard case .int(let integer) = self, let value = Value(exactly: integer) else {
      throw isNo("integer of this size", Value.self, at: key)
    }
    return value
  }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: JSONValue]
  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  private func member(_ key: Key) throws -> JSONValue {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: [], debugDescription: "\"\(key.stringValue)\" is missing"))
    }
    return value
  }

  func decodeNil(forKey key: Key) throws -> Bool { try member(key) == .null }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try member(key).bool(at: key.stringValue)
  }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try member(key).string(at: key.stringValue)
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    try member(key).integer(at: key.stringValue)
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
    try member(key).integer(at: key.stringValue)
  }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try member(key).decoded(as: type)
  }

  /// As by default, where it would look for the key three times.
  func decodeIfPresent<Value: Decodable>(
    _ type: Value.Type, forKey key: Key
  ) throws -> Value? {
    guard let value = members[key.stringValue], value != .null else { return nil }
    return try value.decoded(as: type)
  }

  func nestedContainer<Nested>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try JSONValueDecoder(value: try member(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try JSONValueDecoder(value: try member(key)).unkeyedContainer()
  }

  func superDecoder() -> any Decoder { preconditionFailure("no class is recorded") }
  func superDecoder(forKey key: Key) -> any Decoder { superDecoder() }
}

private struct Unkeyed: UnkeyedDecodingContainer {
  let items: [JSONValue]
  private(set) var currentIndex = 0

  init(items: [JSONValue]) { self.items = items }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex == items.count }

  private var present: JSONValue {
    get throws {
      guard !isAtEnd else {
        throw DecodingError.valueNotFound(
          JSONValue.self, .init(codingPath: [], debugDescription: "the list is too short"))
      }
      return items[currentIndex]
    }
  }

  private mutating func next<Value>(_ read: (JSONValue) throws -> Value) throws -> Value {
    let value = try read(present)
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard try present == .null else { return false }
    currentIndex += 1
    return true
  }
  mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.bool() } }
  mutating func decode(_ type: String.Type) throws -> String { try next { try $0.string() } }
  mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.integer() } }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try next { try $0.integer() } }
  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next { try $0.decoded(as: type) }
  }

  mutating func nestedContainer<Key>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    try next { try JSONValueDecoder(value: $0).container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next { try JSONValueDecoder(value: $0).unkeyedContainer() }
  }

  mutating func superDecoder() -> any Decoder { preconditionFailure("no class is recorded") }
}

private struct Single: SingleValueDecodingContainer {
  let value: JSONValue
  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool { value == .null }
  func decode(_ type: Bool.Type) throws -> Bool { try value.bool() }
  func decode(_ type: String.Type) throws -> String { try value.string() }
  func decode<Value: FixedWidthInteger & Decodable>(_ type: Value.Type) throws -> Value {
    try value.integer()
  }
  func decode<Value: BinaryFloatingPoint & Decodable>(_ type: Value.Type) throws -> Value {
    throw value.isNo("floating point, which has no canonical text", type)
  }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value.decoded(as: type) }
}
