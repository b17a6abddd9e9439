/// An optional that is written as `null` when there is nothing.
///
/// The compiler's coding leaves nil out; an auditor cannot tell that from a lost field.
@propertyWrapper
package struct SpeltOut<Value: Codable & Equatable & Sendable>: Equatable, Sendable, Codable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}
