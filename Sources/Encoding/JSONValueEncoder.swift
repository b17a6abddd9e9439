/// Puts a value that encodes itself together as a `JSONValue`, without a way through text.
///
/// For what is written often: records, checkpoints. It knows integers, text and booleans; floating
/// point is refused, as it has no canonical text.
struct JSONValueEncoder: Encoder {
  fileprivate let part = Part()

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func encode(_ value: some Encodable) throws -> JSONValue {
    let encoder = JSONValueEncoder()
    try value.encode(to: encoder)
    return encoder.part.value
  }

  /// Takes what is a value already.
  func take(_ value: JSONValue) { part.content = .value(value) }

  func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> { part.keyed() }
  func unkeyedContainer() -> any UnkeyedEncodingContainer { part.unkeyed() }
  func singleValueContainer() -> any SingleValueEncodingContainer { Single(part: part) }
}

/// A value while it is written.
private final class Part {
  enum Content {
    case value(JSONValue)
    case members([String: JSONValue])
    case items([JSONValue])
  }

  var content = Content.members([:])
  /// Parts of this one that may still be written to: containers that were asked for by themselves.
  var openMembers: [String: Part] = [:]
  var openItems: [Int: Part] = [:]

  var value: JSONValue {
    switch content {
    case .value(let value): return value
    case .members(var members):
      for (key, part) in openMembers { members[key] = part.value }
      return .object(members)
    case .items(var items):
      for (index, part) in openItems { items[index] = part.value }
      return .array(items)
    }
  }

  func keyed<Key>() -> KeyedEncodingContainer<Key> {
    if case .members = content {} else { content = .members([:]) }
    return KeyedEncodingContainer(Keyed(part: self))
  }

  func unkeyed() -> Unkeyed {
    if case .items = content {} else { content = .items([]) }
    return Unkeyed(part: self)
  }

  func set(_ key: some CodingKey, _ value: JSONValue) {
    guard case .members(var members) = content else { return }
    // Without another owner the dictionary is changed in place.
    content = .value(.null)
    members[key.stringValue] = value
    content = .members(members)
  }

  func append(_ value: JSONValue) {
    guard case .items(var items) = content else { return }
    content = .value(.null)
    items.append(value)
    content = .items(items)
  }

  var count: Int {
    guard case .items(let items) = content else { return 0 }
    return items.count
  }

  func open(_ key: some CodingKey) -> Part {
    let part = Part()
    openMembers[key.stringValue] = part
    return part
  }

  func openNext() -> Part {
    let part = Part()
    openItems[count] = part
    append(.null)
    return part
  }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let part: Part
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) { part.set(key, .null) }
  func encode(_ value: Bool, forKey key: Key) { part.set(key, .bool(value)) }
  func encode(_ value: String, forKey key: Key) { part.set(key, .string(value)) }
  func encode(_ value: Int, forKey key: Key) { part.set(key, .number(value)) }
  func encode(_ value: Int64, forKey key: Key) { part.set(key, .int(value)) }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    part.set(key, try JSONValueEncoder.encode(value))
  }

  func nestedContainer<Nested>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { part.open(key).keyed() }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    part.open(key).unkeyed()
  }

  func superEncoder() -> any Encoder { preconditionFailure("no class is recorded") }
  func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  let part: Part
  var codingPath: [any CodingKey] { [] }
  var count: Int { part.count }

  func encodeNil() { part.append(.null) }
  func encode(_ value: Bool) { part.append(.bool(value)) }
  func encode(_ value: String) { part.append(.string(value)) }
  func encode(_ value: Int) { part.append(.number(value)) }
  func encode(_ value: Int64) { part.append(.int(value)) }
  func encode(_ value: some Encodable) throws { part.append(try JSONValueEncoder.encode(value)) }

  func nestedContainer<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    part.openNext().keyed()
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { part.openNext().unkeyed() }
  func superEncoder() -> any Encoder { preconditionFailure("no class is recorded") }
}

private struct Single: SingleValueEncodingContainer {
  let part: Part
  var codingPath: [any CodingKey] { [] }

  private func set(_ value: JSONValue) { part.content = .value(value) }

  func encodeNil() { set(.null) }
  func encode(_ value: Bool) { set(.bool(value)) }
  func encode(_ value: String) { set(.string(value)) }
  func encode(_ value: some FixedWidthInteger & Encodable) throws {
    guard let integer = Int64(exactly: value) else { throw refusal(value, "too large") }
    set(.int(integer))
  }
  func encode(_ value: some BinaryFloatingPoint & Encodable) throws {
    throw refusal(value, "floating point, which has no canonical text")
  }
  func encode(_ value: some Encodable) throws { set(try JSONValueEncoder.encode(value)) }

  private func refusal(_ value: Any, _ why: String) -> EncodingError {
    .invalidValue(value, .init(codingPath: [], debugDescription: why))
  }
}
