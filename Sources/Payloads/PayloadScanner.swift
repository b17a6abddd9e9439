import Profiles

/// A finger on JSON text: it says what comes next, and reads or skips it.
///
/// Nothing is made of what nobody asks for, and nothing on the way: texts go one behind the other into
/// `texts`, which the next body uses again. It is strict JSON: no NaN, no comma too many, no bare
/// control character, only UTF-8. Nesting is bounded, so that no body can exhaust the stack.
///
/// The ledger and tables are read with `JSONScanner` of `Encoding`. This one stands beside it because of its
/// speed: over the other, one core counted a fifth fewer events.
struct PayloadScanner {
  enum Kind { case object, list, text, number, yes, no, null }

  /// A piece of `texts`.
  struct Text {
    let start: UInt32
    let count: UInt32

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
  }

  /// No payload of V1 or V2 needs more than a few levels; a stack bears thousands.
  static let deepest = 32
  /// What `Text` can point into, with room to spare.
  static let longest = 1 << 30

  private(set) var texts: [UInt8] = []
  private(set) var position = 0
  private var bytes: [UInt8] = []
  private var depth = 0
  /// Whether nothing of the innermost list or object was read yet.
  private var isFirst = false

  mutating func begin(_ body: [UInt8]) throws(PayloadError) {
    (bytes, position, depth, isFirst) = (body, 0, 0, false)
    texts.removeAll(keepingCapacity: true)
    if body.isEmpty { throw failure(.empty) }
    if body.count > Self.longest { throw failure(.tooManyValues) }
  }

  /// Makes sure that nothing follows.
  mutating func end() throws(PayloadError) {
    skipBlanks()
    if position < bytes.count { throw failure(.noJSON) }
  }

  /// Lets go of the body, and of memory that only a large one needed.
  mutating func release() {
    bytes = []
    if texts.capacity > Self.keptCapacity { texts = [] }
  }

  private static let keptCapacity = 1 << 16

  func failure(_ kind: PayloadError.Kind) -> PayloadError { PayloadError(kind, at: position) }

  private var unexpected: PayloadError {
    failure(position < bytes.count ? .noJSON : .truncated)
  }

  /// The byte at the finger; at the end NUL, which begins nothing.
  private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }
}

// What comes next.

extension PayloadScanner {
  mutating func peek() throws(PayloadError) -> Kind {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .list
    case UInt8(ascii: "\""): return .text
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .number
    case UInt8(ascii: "t"): return .yes
    case UInt8(ascii: "f"): return .no
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "N"), UInt8(ascii: "I"): throw failure(.notFinite)
    default: throw unexpected
    }
  }

  /// Enters the list or object that comes next.
  mutating func open() throws(PayloadError) {
    if depth == Self.deepest { throw failure(.tooDeep) }
    depth += 1
    position += 1
    isFirst = true
  }

  /// Returns whether the list has another item, at which the finger then is; otherwise leaves it.
  mutating func item() throws(PayloadError) -> Bool {
    try advance(until: UInt8(ascii: "]"))
  }

  /// Returns the key of the object's next member, with the finger at its value; nil leaves it.
  mutating func key() throws(PayloadError) -> Text? {
    guard try advance(until: UInt8(ascii: "}")) else { return nil }
    skipBlanks()
    guard next == UInt8(ascii: "\"") else { throw unexpected }
    let key = try text()
    skipBlanks()
    guard next == UInt8(ascii: ":") else { throw unexpected }
    position += 1
    return key
  }

  private mutating func advance(until end: UInt8) throws(PayloadError) -> Bool {
    skipBlanks()
    if next == end {
      position += 1
      depth -= 1
      isFirst = false
      return false
    }
    if !isFirst {
      guard next == UInt8(ascii: ",") else { throw unexpected }
      position += 1
    }
    isFirst = false
    return true
  }

  /// Skips the value that comes next, whatever it is.
  mutating func skip() throws(PayloadError) {
    switch try peek() {
    case .object:
      try open()
      while try key() != nil { try skip() }
    case .list:
      try open()
      while try item() { try skip() }
    case .text:
      let start = texts.count
      _ = try text()
      texts.removeLast(texts.count - start)
    case .number: _ = try number()
    case .yes: try literal("true")
    case .no: try literal("false")
    case .null: try literal("null")
    }
  }

  mutating func literal(_ word: StaticString) throws(PayloadError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard next == word.utf8Start[index] else { throw unexpected }
      position += 1
    }
  }

  /// Skips the value that comes next, and returns where it stands in the body.
  mutating func extent() throws(PayloadError) -> Range<Int> {
    skipBlanks()
    let start = position
    try skip()
    return start..<position
  }
}

// Texts.

extension PayloadScanner {
  func matches(_ text: Text, _ word: StaticString) -> Bool {
    guard Int(text.count) == word.utf8CodeUnitCount else { return false }
    let start = Int(text.start)
    return (0..<word.utf8CodeUnitCount).allSatisfy { texts[start + $0] == word.utf8Start[$0] }
  }

  /// Reads the text that comes next, without its quotes and escapes.
  mutating func text() throws(PayloadError) -> Text {
    position += 1
    let start = texts.count
    var bits: UInt8 = 0
    while true {
      let from = position
      while position < bytes.count, Self.isPlain(bytes[position]) {
        bits |= bytes[position]
        position += 1
      }
      texts.append(contentsOf: bytes[from..<position])
      if next == UInt8(ascii: "\"") { break }
      guard next == UInt8(ascii: "\\") else { throw unexpected }
      try escape()
    }
    if bits >= 0x80 { try validate(from: start) }
    position += 1
    return Text(start: UInt32(start), count: UInt32(texts.count - start))
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private func validate(from start: Int) throws(PayloadError) {
    do {
      _ = try UTF8Span(validating: texts.span.extracting(start..<texts.count))
    } catch {
      throw failure(.notUTF8)
    }
  }

  private mutating func escape() throws(PayloadError) {
    position += 1
    let byte = next
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): texts.append(byte)
    case UInt8(ascii: "b"): texts.append(0x08)
    case UInt8(ascii: "f"): texts.append(0x0C)
    case UInt8(ascii: "n"): texts.append(0x0A)
    case UInt8(ascii: "r"): texts.append(0x0D)
    case UInt8(ascii: "t"): texts.append(0x09)
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw unexpected
    }
    position += 1
  }

  /// Reads "uXXXX", or two of them that are one character beyond the first 65,536.
  private mutating func unicodeEscape() throws(PayloadError) {
    var code = try hexadecimal()
    if code >> 10 == 0xD800 >> 10 {
      guard next == UInt8(ascii: "\\") else { throw unexpected }
      position += 1
      let low = try hexadecimal()
      guard low >> 10 == 0xDC00 >> 10 else { throw failure(.notUTF8) }
      code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure(.notUTF8) }
    texts.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func hexadecimal() throws(PayloadError) -> UInt32 {
    guard next == UInt8(ascii: "u") else { throw unexpected }
    var code: UInt32 = 0
    for _ in 0..<4 {
      position += 1
      guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw unexpected }
      code = code << 4 + UInt32(digit)
    }
    position += 1
    return code
  }
}

// Numbers.

extension PayloadScanner {
  /// Reads the number that comes next: what is a number for JSON is one for `DecimalText`, too.
  mutating func number() throws(PayloadError) -> Double {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "I") { throw failure(.notFinite) }
    if next == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next | 0x20 == UInt8(ascii: "e") {
      position += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
      try digits()
    }
    guard let number = DecimalText(bytes.span, from: start) else { throw failure(.notFinite) }
    return number.value
  }

  /// Reads a number, also NaN or an infinity, which Python writes although they are no JSON.
  mutating func anyNumber() throws(PayloadError) -> Double {
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    switch next {
    case UInt8(ascii: "N"):
      try literal("NaN")
      return .nan
    case UInt8(ascii: "I"):
      try literal("Infinity")
      return isNegative ? -.infinity : .infinity
    default:
      position = start
      return try number()
    }
  }

  private mutating func digits() throws(PayloadError) {
    let start = position
    while next &- UInt8(ascii: "0") < 10 { position += 1 }
    if position == start { throw unexpected }
  }
}
