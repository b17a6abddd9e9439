import Profiles

/// Refuses a column's name that a profile cannot hold, or that was there before.
func checkName(_ name: String, _ seen: inout Set<String>, number: Int) throws(CellProblem) {
  guard !name.isEmpty else {
    throw CellProblem(
      message: "column \(number) has no name", hint: "the first line should name the columns")
  }
  guard name.utf8.count <= 256, !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
    throw CellProblem(
      message: "the name of column \(number) is longer than 256 bytes, or has control characters")
  }
  guard seen.insert(name).inserted else {
    throw CellProblem(message: "two columns are called \"\(name)\"")
  }
}

/// Whether a cell without quotes stands for nothing: what pandas, R and databases write there, and
/// what is not finite.
func isMissing(_ text: Span<UInt8>) -> Bool {
  guard !text.isEmpty else { return true }
  // Nearly all texts begin with another letter, or are longer.
  guard text.count <= 9 else { return false }
  switch text[0] {
  case UInt8(ascii: "N"), UInt8(ascii: "n"), UInt8(ascii: "I"), UInt8(ascii: "i"),
    UInt8(ascii: "-"):
    return missingWords.find(text) != nil
  default: return false
  }
}

private let missingWords = ByteKeys([
  "NA", "N/A", "n/a", "NaN", "nan", "-nan", "-NaN", "null", "NULL", "None", "inf", "-inf", "Inf",
  "-Inf", "Infinity", "-Infinity",
])
