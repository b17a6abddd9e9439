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
    var reader = CanonicalReader(count: bytes.count)
    self = try reader.value(bytes.span)
    guard reader.offset == bytes.count else { throw reader.failure("the end") }
  }

  /// Reads what `file` wrote, and nothing else.
  package init(file bytes: [UInt8]) throws(CanonicalError) {
    var reader = CanonicalReader(count: bytes.count)
    self = try reader.value(bytes.span)
    guard reader.offset == bytes.count - 1, bytes[reader.offset] == UInt8(ascii: "\n") else {
      throw reader.failure("a newline and the end")
    }
  }
}

/// Makes values of what the scanner passes, and refuses every spelling but one.
private struct CanonicalReader {
  private var scanner: JSONScanner

  /// A record is eight deep; what is deeper was made to exhaust the stack.
  private static let rules = JSONScanner.Rules(deepest: 64, allowsBlanks: false)
  /// Most objects of a record have no more, so that they never grow.
  private static let fewMembers = 6

  init(count: Int) { scanner = JSONScanner(0..<count, Self.rules) }

  var offset: Int { scanner.position }

  func failure(_ expected: String, at offset: Int? = nil) -> CanonicalError {
    CanonicalError(offset: offset ?? self.offset, expected: expected)
  }

  /// Lets the scanner go on, whose problems are said in other words here.
  private mutating func pass<Result>(
    _ bytes: Span<UInt8>,
    _ step: (inout JSONScanner, Span<UInt8>) throws(JSONProblem) -> Result
  ) throws(CanonicalError) -> Result {
    do throws(JSONProblem) {
      return try step(&scanner, bytes)
    } catch {
      throw CanonicalError(offset: error.offset, expected: error.kind.expected)
    }
  }

  mutating func value(_ bytes: Span<UInt8>) throws(CanonicalError) -> JSONValue {
    let token = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    switch token {
    case .object: return try object(bytes)
    case .list: return try array(bytes)
    case .text:
      return .string(
        try string(
          pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.text(bytes) }, bytes))
    case .yes: return try word(bytes, "true", .bool(true))
    case .no: return try word(bytes, "false", .bool(false))
    case .null: return try word(bytes, "null", .null)
    case .number: return .int(try integer(bytes))
    }
  }

  private mutating func word(
    _ bytes: Span<UInt8>, _ text: StaticString, _ value: JSONValue
  ) throws(CanonicalError) -> JSONValue {
    try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.literal(bytes, text) }
    return value
  }

  private mutating func array(_ bytes: Span<UInt8>) throws(CanonicalError) -> JSONValue {
    try pass(bytes) { scanner, _ throws(JSONProblem) in try scanner.open() }
    var items: [JSONValue] = []
    while try pass(bytes, { scanner, bytes throws(JSONProblem) in try scanner.item(bytes) }) {
      items.append(try value(bytes))
    }
    return .array(items)
  }

  private mutating func object(_ bytes: Span<UInt8>) throws(CanonicalError) -> JSONValue {
    try pass(bytes) { scanner, _ throws(JSONProblem) in try scanner.open() }
    var members = [String: JSONValue](minimumCapacity: Self.fewMembers)
    var last: String?
    while let text = try pass(
      bytes, { scanner, bytes throws(JSONProblem) in try scanner.key(bytes) })
    {
      let key = try string(text, bytes)
      guard last.map({ $0.utf8.lexicographicallyPrecedes(key.utf8) }) ?? true else {
        throw failure(
          "a key after \"\(last ?? "")\" in the order of bytes", at: text.range.lowerBound - 1)
      }
      members[key] = try value(bytes)
      last = key
    }
    return .object(members)
  }

  /// Digit by digit: most of a ledger is integers.
  private mutating func integer(_ bytes: Span<UInt8>) throws(CanonicalError) -> Int64 {
    let begin = offset
    let isNegative = bytes[begin] == UInt8(ascii: "-")
    let first = isNegative ? begin + 1 : begin
    var place = first
    var value: Int64 = 0
    while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
      let digit = Int64(bytes[place] - 0x30)
      let (shifted, high) = value.multipliedReportingOverflow(by: 10)
      let (sum, over) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
      guard !high, !over else { throw failure(Self.integers) }
      value = sum
      place += 1
    }
    let isShortest = value != 0 ? bytes[first] != 0x30 : place == first + 1 && !isNegative
    guard place > first, isShortest else { throw failure(Self.integers) }
    scanner.position = place
    return value
  }

  fileprivate static let integers = "a value, or an integer in its shortest form"

  /// Returns what a text says; most stand for themselves.
  private func string(
    _ text: JSONScanner.Text, _ bytes: Span<UInt8>
  ) throws(CanonicalError) -> String {
    let content = bytes.extracting(text.range)
    if text.isASCII, !text.hasEscapes {
      return content.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
    let written = content.withUnsafeBufferPointer(Array.init)
    var said = text.hasEscapes ? [] : written
    if text.hasEscapes { try unescape(text, bytes, into: &said) }
    let start = text.range.lowerBound - 1
    guard let string = String(validating: said, as: UTF8.self) else {
      throw failure("text in UTF-8", at: start)
    }
    let canonical = text.hasEscapes ? JSONValue.string(string).canonical.utf8 : nil
    guard canonical?.dropFirst().dropLast().elementsEqual(written) ?? true else {
      throw failure("no escapes but the necessary ones", at: start)
    }
    return string
  }

  private func unescape(
    _ text: JSONScanner.Text, _ bytes: Span<UInt8>, into said: inout [UInt8]
  ) throws(CanonicalError) {
    do throws(JSONProblem) {
      try scanner.unescape(bytes, text, .refused, into: &said)
    } catch {
      throw failure(error.kind.expected, at: error.offset)
    }
  }
}

extension JSONProblem.Kind {
  fileprivate var expected: String {
    switch self {
    case .noValue: CanonicalReader.integers
    case .noKey: "a key"
    case .tooDeep: "at most 64 levels"
    case .missing(UInt8(ascii: ":")): "\":\""
    case .missing(let byte): "\",\" or \"\(Character(Unicode.Scalar(byte)))\""
    case .unclosedText, .control:
      "text in UTF-8 between quotes, without control characters"
    case .unknownEscape, .noHexadecimal, .halfPair: "one of the escapes of canonical JSON"
    }
  }
}
