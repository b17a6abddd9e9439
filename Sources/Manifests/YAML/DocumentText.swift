extension Documents {
  /// Returns the bytes as text without its byte order mark, or nil when they are not the text of a
  /// manifest.
  static func text(_ bytes: [UInt8], _ findings: Findings) -> String? {
    guard bytes.count <= largestFile else {
      findings.error(
        "the file has \(bytes.count) bytes, at most \(largestFile) are read", at: .start)
      return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      findings.error(
        "the file is not UTF-8", at: endOfText(bytes), hint: "save it with UTF-8 encoding")
      return nil
    }
    let body =
      text.unicodeScalars.first == "\u{FEFF}"
      ? text.unicodeScalars.dropFirst() : text[...].unicodeScalars
    return hasForbidden(body, findings) ? nil : String(body)
  }

  /// Where valid UTF-8 ends.
  private static func endOfText(_ bytes: [UInt8]) -> TextPosition {
    var (line, column) = (1, 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return TextPosition(line: line, column: column)
  }

  /// Reports characters that make a file look unlike what it says.
  private static func hasForbidden(
    _ scalars: Substring.UnicodeScalarView, _ findings: Findings
  ) -> Bool {
    var (line, column) = (1, 1)
    var isFound = false
    var previous: Unicode.Scalar?
    for scalar in scalars where !findings.isFull {
      if previous == "\r", scalar != "\n" {
        isFound = true
        findings.error(
          "a lone carriage return", at: TextPosition(line: line, column: max(column - 1, 1)),
          hint: "end lines with a line feed")
      } else if let name = forbidden(scalar) {
        isFound = true
        findings.error(name, at: TextPosition(line: line, column: column))
      }
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
      previous = scalar
    }
    return isFound
  }

  private static func forbidden(_ scalar: Unicode.Scalar) -> String? {
    if scalar.isASCII {
      let isControl = scalar.value < 0x20 && !["\t", "\n", "\r"].contains(scalar)
      return isControl || scalar.value == 0x7F ? "control character \(code(scalar))" : nil
    }
    switch scalar.value {
    case 0x80...0x9F: return "control character \(code(scalar))"
    case 0x2028, 0x2029: return "line separator \(code(scalar))"
    case 0x202A...0x202E, 0x2066...0x2069:
      return "\(code(scalar)) changes the direction of text and hides what a line says"
    case 0xFEFF, 0xFFFE, 0xFFFF: return "\(code(scalar)) is not text"
    default: return nil
    }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
