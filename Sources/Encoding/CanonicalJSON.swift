/// Bytes that are not the canonical form of a JSON value: where, and what was expected there.
package struct CanonicalError: Error, Equatable, CustomStringConvertible {
  package let offset: Int
  package let expected: String

  package var description: String { "byte \(offset): expected \(expected)" }
}

extension JSONValue {
  /// Reads the canonical form and nothing else: whatever is accepted is its own `canonical` text.
  ///
  /// There is one spelling of each value, so that a digest over the bytes is a digest over the value.
  package init(canonical bytes: [UInt8]) throws(CanonicalError) {
    var reader = CanonicalReader(bytes: bytes)
    self = try reader.value(depth: 0)
    guard reader.next == nil else { throw reader.failure("the end") }
  }

  /// Reads what `file` wrote, and nothing else.
  package init(file bytes: [UInt8]) throws(CanonicalError) {
    var reader = CanonicalReader(bytes: bytes)
    self = try reader.value(depth: 0)
    guard reader.next == UInt8(ascii: "\n"), reader.offset == bytes.count - 1 else {
      throw reader.failure("a newline and the end")
    }
  }
}

/// Reads one value after the other from the front of the bytes.
private struct CanonicalReader {
  private let bytes: [UInt8]
  private(set) var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// A record is eight deep; what is deeper was made to exhaust the stack.
  private static let deepest = 64
  /// Most objects of a record have no more, so that they never grow.
  private static let fewMembers = 6

  func failure(_ expected: String) -> CanonicalError {
    CanonicalError(offset: offset, expected: expected)
  }

  var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func pop() -> UInt8? {
    guard offset < bytes.count else { return nil }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func value(depth: Int) throws(CanonicalError) -> JSONValue {
    guard depth < Self.deepest else { throw failure("at most \(Self.deepest) levels") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .int(try integer())
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    offset += 1
    return true
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(CanonicalError) -> JSONValue
  {
    guard bytes[offset...].starts(with: text.utf8) else { throw failure(text) }
    offset += text.utf8.count
    return value
  }

  private mutating func array(depth: Int) throws(CanonicalError) -> JSONValue {
    offset += 1
    var items: [JSONValue] = []
    while !take(UInt8(ascii: "]")) {
      if !items.isEmpty, !take(UInt8(ascii: ",")) { throw failure("\",\" or \"]\"") }
      items.append(try value(depth: depth + 1))
    }
    return .array(items)
  }

  private mutating func object(depth: Int) throws(CanonicalError) -> JSONValue {
    offset += 1
    var members = [String: JSONValue](minimumCapacity: Self.fewMembers)
    var last: String?
    while !take(UInt8(ascii: "}")) {
      if last != nil, !take(UInt8(ascii: ",")) { throw failure("\",\" or \"}\"") }
      let place = offset
      guard next == UInt8(ascii: "\"") else { throw failure("a key") }
      let key = try string()
      guard last.map({ $0.utf8.lexicographicallyPrecedes(key.utf8) }) ?? true else {
        let expected = "a key after \"\(last ?? "")\" in the order of bytes"
        throw CanonicalError(offset: place, expected: expected)
      }
      guard take(UInt8(ascii: ":")) else { throw failure("\":\"") }
      members[key] = try value(depth: depth + 1)
      last = key
    }
    return .object(members)
  }

  /// Digit by digit: most of a ledger is integers.
  private mutating func integer() throws(CanonicalError) -> Int64 {
    let begin = offset
    let isNegative = take(UInt8(ascii: "-"))
    let first = offset
    var value: Int64 = 0
    while let byte = next, (0x30...0x39).contains(byte) {
      let digit = isNegative ? -Int64(byte - 0x30) : Int64(byte - 0x30)
      let (shifted, high) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = shifted.addingReportingOverflow(digit)
      guard !high, !over else { throw noInteger(at: begin) }
      value = sum
      offset += 1
    }
    let isShortest = value != 0 ? bytes[first] != 0x30 : offset == first + 1 && !isNegative
    guard offset > first, isShortest else { throw noInteger(at: begin) }
    return value
  }

  private func noInteger(at offset: Int) -> CanonicalError {
    CanonicalError(offset: offset, expected: "a value, or an integer in its shortest form")
  }

  /// Takes a text that stands for itself to its end, with the quote behind it; most are like that.
  private mutating func plainASCII() -> String? {
    var end = offset
    while end < bytes.count, Self.isPlain[Int(bytes[end])] { end += 1 }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
    defer { offset = end + 1 }
    return bytes.withUnsafeBufferPointer {
      String(decoding: UnsafeBufferPointer(rebasing: $0[offset..<end]), as: UTF8.self)
    }
  }

  private static let isPlain = (0...255).map {
    (0x20..<0x80).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
  }

  /// Takes what stands for itself.
  private mutating func plainText() -> ArraySlice<UInt8> {
    let begin = offset
    while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      offset += 1
    }
    return bytes[begin..<offset]
  }

  private mutating func string() throws(CanonicalError) -> String {
    let start = failure("text in UTF-8 between quotes, without control characters")
    offset += 1
    if let text = plainASCII() { return text }
    var text = plainText()
    while let byte = pop() {
      if byte == UInt8(ascii: "\"") {
        guard let result = String(validating: text, as: UTF8.self) else { throw start }
        return result
      }
      guard byte >= 0x20 else { throw start }
      text.append(byte == UInt8(ascii: "\\") ? try escaped() : byte)
    }
    throw start
  }

  /// What follows a backslash: the escapes that `canonical` writes, and no others.
  private mutating func escaped() throws(CanonicalError) -> UInt8 {
    switch pop() {
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "u"): return try control()
    default: throw failure("one of the escapes of canonical JSON")
    }
  }

  /// "001f": a control character that has no letter of its own.
  private mutating func control() throws(CanonicalError) -> UInt8 {
    let digits = String(decoding: bytes[offset...].prefix(4), as: UTF8.self)
    guard digits.hasPrefix("00"), let value = UInt8(digits.dropFirst(2), radix: 16), value < 0x20,
      ![0x08, 0x09, 0x0A, 0x0C, 0x0D].contains(value),
      digits.utf8.elementsEqual(
        "00\(value < 16 ? "0" : "")\(String(value, radix: 16))".utf8)
    else { throw failure("the escape of a control character, in small letters") }
    offset += 4
    return value
  }
}
