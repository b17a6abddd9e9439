import Encoding

/// A table as comma-separated values, after RFC 4180, that no spreadsheet takes for formulas.
///
/// Users wrote what stands in the cells. One that begins like a formula gets an apostrophe before
/// it, which spreadsheets read as "this is text" (CWE-1236); control characters are replaced, so
/// that a row is a line in every tool.
package struct CSV: Equatable, Sendable {
  package let text: String

  /// Makes a table whose rows are as long as its header.
  package init(_ header: [String], _ rows: [[String]]) {
    text = ([header] + rows).map { $0.map(Self.cell).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func cell(_ text: String) -> String {
    let isFormula = text.unicodeScalars.first.map(formula.contains) ?? false
    let safe = (isFormula ? "'" : "") + DisplayText.safe(text)
    guard safe.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
      return safe
    }
    return "\"\(safe.replacing("\"", with: "\"\""))\""
  }

  /// What a cell begins with that a spreadsheet might compute; the last four are full-width forms,
  /// which some take for the same.
  private static let formula: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
}
