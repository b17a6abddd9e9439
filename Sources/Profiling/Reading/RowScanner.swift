import Encoding
import Profiles

/// The scanner of JSON over one line of a table.
///
/// Tables are written by many programs: texts may have bare control characters, and NaN stands for
/// nothing, as null does.
struct RowScanner {
  private(set) var scanner: JSONScanner
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

  /// An object, and a list in it.
  private static let rules = JSONScanner.Rules(deepest: 2, allowsControls: true)

  init(_ range: Range<Int>, line: Int) {
    scanner = JSONScanner(range, Self.rules)
    self.line = line
  }

  func problem(_ message: String) -> TableProblem {
    TableProblem(message, line: line, column: column)
  }

  private func problem(_ problem: JSONProblem) -> TableProblem {
    self.problem("not JSON: \(problem.kind.words)")
  }

  /// Skips a byte order mark.
  mutating func skipMark(_ bytes: Span<UInt8>) {
    let place = scanner.position
    guard scanner.end - place >= 3, bytes[place] == 0xEF, bytes[place + 1] == 0xBB,
      bytes[place + 2] == 0xBF
    else { return }
    scanner.position += 3
  }

  mutating func isAtEnd(_ bytes: Span<UInt8>) -> Bool { scanner.isAtEnd(bytes) }

  /// Enters the object that a line is.
  mutating func open(_ bytes: Span<UInt8>) throws(TableProblem) {
    guard scanner.next(bytes) == UInt8(ascii: "{") else {
      throw problem("a line is one JSON object")
    }
    do throws(JSONProblem) { try scanner.open() } catch { throw problem(error) }
  }

  /// Returns where the next key is, which is in `unescaped` when it has escapes; nil leaves the object.
  mutating func key(_ bytes: Span<UInt8>) throws(TableProblem) -> Range<Int>? {
    let key: JSONScanner.Text?
    do throws(JSONProblem) { key = try scanner.key(bytes) } catch { throw problem(error) }
    guard let key else { return nil }
    return try unescape(bytes, key)
  }

  mutating func value(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    guard scanner.position < scanner.end else { throw problem("not JSON: a value is missing") }
    switch bytes[scanner.position] {
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
      guard scanner.position < scanner.end else { throw problem("not JSON: a value is missing") }
      switch bytes[scanner.position] {
      case UInt8(ascii: "\""): _ = try text(bytes)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        scanner.position += 1
      case let byte where depth > 0 && "}]".utf8.contains(byte):
        depth -= 1
        scanner.position += 1
      case let byte where depth > 0 && ",: \t\r".utf8.contains(byte): scanner.position += 1
      default: _ = try bare(bytes)
      }
    } while depth > 0
  }

  /// Reads a number or a word.
  private mutating func bare(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    let start = scanner.position
    if let number = DecimalText(bytes, from: start) {
      scanner.position = number.end
      if isBehindValue(bytes) { return .number(number.value, text: start..<number.end) }
    }
    scanner.position = start
    while !isBehindValue(bytes) { scanner.position += 1 }
    let range = start..<scanner.position
    let word = bytes.extracting(range)
    if Self.truths.find(word) != nil { return .word(range) }
    if !word.isEmpty, isMissing(word) { return .null }
    throw problem("not JSON: a value is missing, or no number")
  }

  private static let truths = ByteKeys(["true", "false"])

  private func isBehindValue(_ bytes: Span<UInt8>) -> Bool {
    let place = scanner.position
    return place >= scanner.end || ", \t\r]}".utf8.contains(bytes[place])
  }

  private mutating func vector(_ bytes: Span<UInt8>) throws(TableProblem) -> Value {
    do throws(JSONProblem) { try scanner.open() } catch { throw problem(error) }
    var (vector, hasGap) = ([Double](), false)
    while try item(bytes) {
      guard !"[{\"".utf8.contains(scanner.next(bytes)) else {
        throw problem("a list of something else than numbers")
      }
      switch try bare(bytes) {
      case .number(let number, _): vector.append(number)
      case .null: hasGap = true
      default: throw problem("a list of something else than numbers")
      }
    }
    guard hasGap || !vector.isEmpty else { throw problem("an empty list") }
    return hasGap ? .null : .vector(vector)
  }

  private mutating func item(_ bytes: Span<UInt8>) throws(TableProblem) -> Bool {
    do throws(JSONProblem) { return try scanner.item(bytes) } catch { throw problem(error) }
  }

  /// Reads a text, and returns where its content is, which is in `unescaped` when it has escapes.
  private mutating func text(_ bytes: Span<UInt8>) throws(TableProblem) -> Range<Int> {
    let text: JSONScanner.Text
    do throws(JSONProblem) { text = try scanner.text(bytes) } catch { throw problem(error) }
    return try unescape(bytes, text)
  }

  private mutating func unescape(
    _ bytes: Span<UInt8>, _ text: JSONScanner.Text
  ) throws(TableProblem) -> Range<Int> {
    unescaped.removeAll(keepingCapacity: true)
    guard text.hasEscapes else { return text.range }
    do throws(JSONProblem) {
      try scanner.unescape(bytes, text, .replaced, into: &unescaped)
    } catch {
      throw problem(error)
    }
    return text.range
  }
}

extension JSONProblem.Kind {
  fileprivate var words: String {
    switch self {
    case .noValue: "a value is missing, or no number"
    case .noKey: "a text is missing"
    case .tooDeep: "a list in a list"
    case .missing(let byte): "\"\(Character(Unicode.Scalar(byte)))\" is missing"
    case .unclosedText: "a text is never closed"
    case .control: "a bare control character in a text"
    case .unknownEscape: "an unknown escape"
    case .noHexadecimal: "an escape without four hexadecimal digits"
    case .halfPair: "half a pair of UTF-16"
    }
  }
}
