/// Takes the cells of rows, one after the other, whatever the file was like.
protocol CellSink {
  /// Begins a column.
  ///
  /// - Returns: Its number, or nil when its cells are not wanted.
  mutating func open(_ name: String) throws(CellProblem) -> Int?
  /// Whether a cell that reads as a number is one in this column, and no text.
  func readsNumbers(in column: Int) -> Bool
  mutating func take(_ number: Double, in column: Int) throws(CellProblem)
  /// Takes UTF-8, which may be wrong.
  mutating func take(_ text: Span<UInt8>, in column: Int) throws(CellProblem)
  mutating func take(_ vector: [Double], in column: Int) throws(CellProblem)
  /// Ends a row; a cell that was not taken is missing.
  mutating func endRow() throws(CellProblem)
}

/// Why a cell cannot be counted.
struct CellProblem: Error {
  let message: String
  var hint: String?
}

/// Why a table cannot be read, and where.
package struct TableProblem: Error, Equatable {
  package let line: Int
  /// The name of the column, where it is known.
  package let column: String?
  package let message: String
  package let hint: String?

  init(_ message: String, line: Int, column: String? = nil, hint: String? = nil) {
    self.line = line
    self.column = column
    self.message = message
    self.hint = hint
  }

  init(_ problem: CellProblem, line: Int, column: String? = nil) {
    self.init(problem.message, line: line, column: column, hint: problem.hint)
  }
}

/// The beginning of a cell, for a message.
func shown(_ text: Span<UInt8>) -> String {
  let bytes = (0..<min(text.count, 40)).map { text[$0] }
  return String(decoding: bytes, as: UTF8.self) + (text.count > 40 ? "…" : "")
}
