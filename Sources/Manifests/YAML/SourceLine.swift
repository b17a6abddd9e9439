import Encoding
/// One line of a file as a terminal shows it.
struct SourceLine {
  private let scalars: [Unicode.Scalar]

  /// How many columns of a long line are shown: with the gutter it fits a terminal of 100.
  private static let window = 90

  /// Whether the line has a password in an address, or a value with the name of a secret.
  ///
  /// Any diagnostic may point at such a line, for instance one about another key of it.
  let mayHoldSecret: Bool

  private init(_ bytes: ArraySlice<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    scalars = Array(text.unicodeScalars)
    mayHoldSecret = Self.mayHoldSecret(text)
  }

  /// Returns the lines with some numbers, counted from one, as far as the file has them; an empty
  /// line shows nothing and is left out.
  static func lines(_ numbers: Set<Int>, of source: [UInt8]) -> [Int: SourceLine] {
    var found: [Int: SourceLine] = [:]
    var rest = source[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
    let last = numbers.max() ?? 0
    var number = 0
    while number < last, !rest.isEmpty {
      number += 1
      var line = rest.prefix { $0 != UInt8(ascii: "\n") }
      rest = rest.dropFirst(line.count + 1)
      guard numbers.contains(number) else { continue }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if !line.isEmpty { found[number] = SourceLine(line) }
    }
    return found
  }

  /// Returns what to print of the line, and the blanks that put a caret under `column`.
  ///
  /// Tabs are kept in both, so that they are as wide below as above.
  func excerpt(around column: Int) -> (shown: String, indent: String) {
    let caret = min(max(column - 1, 0), scalars.count)
    let isLong = scalars.count > Self.window
    let latest = max(scalars.count - Self.window, 0)
    let start = isLong ? min(max(caret - Self.window / 2, 0), latest) : 0
    let end = min(start + Self.window, scalars.count)
    var shown = start > 0 ? "…" : ""
    var indent = start > 0 ? " " : ""
    for (index, scalar) in scalars[start..<end].enumerated() {
      let printed = scalar == "\t" ? scalar : DisplayText.safe(scalar)
      shown.unicodeScalars.append(printed)
      guard start + index < caret else { continue }
      indent +=
        printed == "\t" ? "\t" : String(repeating: " ", count: DisplayText.width(of: printed))
    }
    return (shown + (end < scalars.count ? "…" : ""), indent)
  }
}

extension SourceLine {
  /// Names of values that belong in files of their own.
  private static let secretNames = [
    "password", "passwd", "passphrase", "token", "secret", "apikey",
  ]

  private static func mayHoldSecret(_ line: String) -> Bool {
    let text = line.lowercased()
    return secretNames.contains { name in
      text.ranges(of: name).contains { range in
        text[range.upperBound...].drop { "\"' ".contains($0) }.first == ":"
      }
    } || text.split(whereSeparator: \.isWhitespace).contains { Address.mayHoldSecret($0) }
  }
}
