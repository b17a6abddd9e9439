import Encoding
import Testing

/// What the scanner says of texts that are JSON, or nearly.
@Suite struct JSONScannerTests {
  private static let rules = JSONScanner.Rules(deepest: 3)

  /// Returns what was passed, in the order in which it came.
  private static func passed(
    _ text: String, _ rules: JSONScanner.Rules = rules
  ) throws(JSONProblem) -> String {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner(0..<bytes.count, rules)
    var words: [String] = []
    try pass(bytes.span, &scanner, &words)
    if !scanner.isAtEnd(bytes.span) { words.append("more") }
    return words.joined(separator: " ")
  }

  private static func pass(
    _ bytes: Span<UInt8>, _ scanner: inout JSONScanner, _ words: inout [String]
  ) throws(JSONProblem) {
    let token = try scanner.peek(bytes)
    switch token {
    case .object:
      try scanner.open()
      while let key = try scanner.key(bytes) {
        words.append("\(try said(key, bytes, scanner)):")
        try pass(bytes, &scanner, &words)
      }
    case .list:
      try scanner.open()
      while try scanner.item(bytes) { try pass(bytes, &scanner, &words) }
    case .text: words.append(try said(scanner.text(bytes), bytes, scanner))
    case .number:
      while "-.+e0123456789".utf8.contains(scanner.next(bytes)) { scanner.position += 1 }
      words.append("number")
    case .yes: try scanner.literal(bytes, "true")
    case .no: try scanner.literal(bytes, "false")
    case .null: try scanner.literal(bytes, "null")
    }
  }

  private static func said(
    _ text: JSONScanner.Text, _ bytes: Span<UInt8>, _ scanner: JSONScanner
  ) throws(JSONProblem) -> String {
    var said: [UInt8] = []
    try scanner.unescape(bytes, text, .refused, into: &said)
    return String(decoding: said, as: UTF8.self)
  }

  @Test(arguments: [
    (#" {"a" : [1, -2.5e+3 ,"x"], "b":{}} "#, "a: number number x b:"),
    (#"["\u00e9\ud83d\ude00\n\/", "é", ""]"#, "é😀\n/ é "), ("[]", ""), ("0", "number"),
    ("0 1", "number more"), ("true", ""), ("[[[]]]", ""),
  ])
  func whatIsPassed(text: String, expected: String) throws {
    #expect(try Self.passed(text) == expected)
  }

  @Test(arguments: [
    ("", JSONProblem.Kind.noValue, 0), ("[1,]", .noValue, 3), ("NaN", .noValue, 0),
    ("tru", .noValue, 3),
    ("[1 2]", .missing(UInt8(ascii: "]")), 3), (#"{"a" 1}"#, .missing(UInt8(ascii: ":")), 5),
    (#"{"a":1"#, .missing(UInt8(ascii: "}")), 6), ("{a:1}", .noKey, 1), (#"{"a":1,}"#, .noKey, 7),
    ("[[[[1]]]]", .tooDeep, 3), ("\"a", .unclosedText, 2), ("\"\\", .unclosedText, 2),
    ("\"a\u{1}\"", .control, 2), (#""\x""#, .unknownEscape, 1), (#""\u12""#, .noHexadecimal, 1),
    (#""\ud83d""#, .halfPair, 7), (#""\ud83d\u0041""#, .halfPair, 7),
  ])
  func problems(text: String, kind: JSONProblem.Kind, offset: Int) {
    do throws(JSONProblem) {
      Issue.record("passed \(try Self.passed(text))")
    } catch {
      #expect(error.kind == kind && error.offset == offset, "\(error)")
      #expect(error.isAtEnd == (error.offset == text.utf8.count))
    }
  }

  /// The canonical form has no blanks.
  @Test func blanksCanBeRefused() {
    let rules = JSONScanner.Rules(deepest: 3, allowsBlanks: false)
    #expect(throws: JSONProblem.self) { try Self.passed("[ 1]", rules) }
    #expect(throws: JSONProblem.self) { try Self.passed("[1 ]", rules) }
    #expect(throws: JSONProblem.self) { try Self.passed("{\"a\": 1}", rules) }
  }

  /// A reader of other people's files can take half a pair of UTF-16, and control characters.
  @Test func rulesCanBeLenient() throws {
    let bytes = Array("\"\t\\ud83d\"".utf8)
    var scanner = JSONScanner(
      0..<bytes.count, JSONScanner.Rules(deepest: 1, allowsControls: true))
    let text = try scanner.text(bytes.span)
    var said: [UInt8] = []
    try scanner.unescape(bytes.span, text, .replaced, into: &said)
    #expect(String(decoding: said, as: UTF8.self) == "\t\u{FFFD}")
  }
}
