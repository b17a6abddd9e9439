import Profiles

/// A place in one line of JSON.
struct JSONScan {
  private(set) var place: Int
  let end: Int
  let line: Int
  /// The column whose value is being read.
  var column: String?
  /// What the last text says, when it has escapes.
  private(set) var unescaped: [UInt8] = []

  enum Value {
    /// Nothing, or a number that is not finite.
    case null
    case number(Double, text: Range<Int>)
    /// A boolean.
    case word(Range<Int>)
    /// A text; with escapes it is in `unescaped`.
    case text(Range<Int>)
    case vector([Double])
  }

  init(place: Int, end: Int, line: Int) {
    self.place = place
    self.end = end
    self.line = line
  }

  func problem(_ message: String) -> TableProblem {
    TableProblem(message, line: line, column: column)
  }

  /// Skips a byte order mark.
  mutating func skipMark(_ bytes: Span<UInt8>) {
    guard end - place >= 3, bytes[place] == 0xEF, bytes[place + 1] == 0xBB,
      bytes[place + 2] == 0xBF
    else { return }
    place += 3
  }

  mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while place < end, [0x20, 0x09, 0x0D].contains(bytes[place]) { place += 1 }
  }

  mutating func isAtEnd(_ bytes: Span<UInt8>) -> Bool {
    skipBlanks(bytes)
    return place == end
  }

  /// Skips a character, and blanks around it, when it is there.
  mutating func skip(_ character: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
    skipBlanks(bytes)
    guard place < end, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    skipBlanks(bytes)
    return true
  }

  mutating func expect(
    _ character: Unicode.Scalar, _ bytes: Span<UInt8>, _ rule: String? = nil
  ) throws(TableProblem) {
    guard skip(character, bytes) else {
      throw problem(rule ?? "not JSON: \"\(character)\" is missing")
    }
  }

  mutating func value(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    guard place < end else { throw problem("not JSON: a value is missing") }
    switch bytes[place] {
    case UInt8(ascii: "\""): return .text(try text(bytes))
    case UInt8(ascii: "["): return try vector(bytes)
    case UInt8(ascii: "{"):
      throw TableProblem(
        "an object in a row; values are numbers, texts, booleans or lists of numbers", line: line,
        column: column, hint: "give what is in it columns of its own, or leave it out with --ignore"
      )
    default: return try bare(bytes)
    }
  }

  /// Passes over a value that nobody wants, whatever is in it.
  mutating func skipValue(_ bytes: Span<UInt8>) throws(TableProblem) {
    var depth = 0
    repeat {
      guard place < end else { throw problem("not JSON: a value is missing") }
      switch bytes[place] {
      case UInt8(ascii: "\""): _ = try text(bytes)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        place += 1
      case let byte where depth > 0 && "}]".utf8.contains(byte):
        depth -= 1
        place += 1
      case let byte where depth > 0 && ",: \t\r".utf8.contains(byte): place += 1
      default: _ = try bare(bytes)
      }
    } while depth > 0
  }

  /// Reads a number or a word.
  private mutating func bare(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    let start = place
    if let number = DecimalText(bytes, from: start) {
      place = number.end
      if isBehindValue(bytes) { return .number(number.value, text: start..<place) }
    }
    place = start
    while !isBehindValue(bytes) { place += 1 }
    let word = bytes.extracting(start..<place)
    if Self.truths.find(word) != nil { return .word(start..<place) }
    if !word.isEmpty, isMissing(word) { return .null }
    throw problem("not JSON: a value is missing, or no number")
  }

  private static let truths = ByteKeys(["true", "false"])

  private func isBehindValue(_ bytes: Span<UInt8>) -> Bool {
    place >= end || ", \t\r]}".utf8.contains(bytes[place])
  }

  private mutating func vector(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    try expect("[", bytes)
    var (vector, hasGap) = ([Double](), false)
    if skip("]", bytes) { throw problem("an empty list") }
    repeat {
      guard place < end, !"[{\"".utf8.contains(bytes[place]) else {
        throw problem("a list of something else than numbers")
      }
      switch try bare(bytes) {
      case .number(let number, _): vector.append(number)
      case .null: hasGap = true
      default: throw problem("a list of something else than numbers")
      }
    } while skip(",", bytes)
    try expect("]", bytes)
    return hasGap ? .null : .vector(vector)
  }
}

extension JSONScan {
  /// Reads a text, and returns where its content is, which is in `unescaped` when it has escapes.
  mutating func text(_ bytes: Span<UInt8>) throws(TableProblem) -> Range<Int> {
    unescaped.removeAll(keepingCapacity: true)
    guard place < end, bytes[place] == UInt8(ascii: "\"") else {
      throw problem("not JSON: a text is missing")
    }
    let start = place + 1
    place = start
    var hasEscapes = false
    while place < end, bytes[place] != UInt8(ascii: "\"") {
      if bytes[place] == UInt8(ascii: "\\") {
        hasEscapes = true
        place += 1
      }
      place += 1
    }
    guard place < end else { throw problem("not JSON: a text is never closed") }
    let content = start..<place
    place += 1
    if hasEscapes { try unescape(bytes, content) }
    return content
  }

  private mutating func unescape(
    _ bytes: Span<UInt8>, _ content: Range<Int>
  ) throws(TableProblem) {
    var (at, units) = (content.lowerBound, [UInt16]())
    while at < content.upperBound {
      if bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
        units.append(try unit(bytes, at + 2, content.upperBound))
        at += 6
        continue
      }
      appendUnits(&units)
      let isEscape = bytes[at] == UInt8(ascii: "\\")
      unescaped.append(isEscape ? try simpleEscape(bytes[at + 1]) : bytes[at])
      at += isEscape ? 2 : 1
    }
    appendUnits(&units)
  }

  /// Turns UTF-16 into UTF-8; half a pair becomes U+FFFD.
  private mutating func appendUnits(_ units: inout [UInt16]) {
    guard !units.isEmpty else { return }
    unescaped += Array(String(decoding: units, as: UTF16.self).utf8)
    units.removeAll(keepingCapacity: true)
  }

  private func unit(
    _ bytes: Span<UInt8>, _ start: Int, _ limit: Int
  ) throws(TableProblem) -> UInt16 {
    let digits = (start..<min(start + 4, limit)).map { bytes[$0] }
    guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw problem("not JSON: an escape without four hexadecimal digits") }
    return unit
  }

  private func simpleEscape(_ byte: UInt8) throws(TableProblem) -> UInt8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return byte
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "t"): return 0x09
    default: throw problem("not JSON: an unknown escape")
    }
  }
}
