import Profiles

/// Reads one JSON object a line (RFC 8259), piece by piece: numbers, texts, booleans, null and lists
/// of numbers.
package struct JSONLinesReader: Sendable {
  /// Of each column its name, and its number where its values are wanted.
  private var columns: [(name: String, number: Int?)] = []
  private var names: Set<String> = []
  private var keys = ByteKeys()
  /// The line in which each column was last found.
  private var lastLines: [Int] = []
  private(set) var line = 0

  package init() {}

  /// Hands on the complete lines of some bytes.
  ///
  /// - Returns: How many bytes were read; the rest is to be given again, with more behind it.
  mutating func read(
    _ bytes: Span<UInt8>, isLast: Bool, into sink: inout some CellSink
  ) throws(TableProblem) -> Int {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end &+= 1 }
      if end == bytes.count, !isLast { return start }
      line += 1
      var scan = RowScanner(start..<end, line: line)
      if line == 1 { scan.skipMark(bytes) }
      if !scan.isAtEnd(bytes) { try object(bytes, &scan, &sink) }
      start = end + 1
    }
    return min(start, bytes.count)
  }

  private mutating func object(
    _ bytes: Span<UInt8>, _ scan: inout RowScanner, _ sink: inout some CellSink
  ) throws(TableProblem) {
    try scan.open(bytes)
    while let key = try scan.key(bytes) {
      let column = try column(key, bytes, scan, &sink)
      try value(bytes, &scan, column, &sink)
    }
    guard scan.isAtEnd(bytes) else { throw scan.problem("text behind the object") }
    do throws(CellProblem) { try sink.endRow() } catch { throw TableProblem(error, line: line) }
  }

  /// Returns the place in `columns` of the column that a key names.
  private mutating func column(
    _ key: Range<Int>, _ bytes: Span<UInt8>, _ scan: RowScanner, _ sink: inout some CellSink
  ) throws(TableProblem) -> Int {
    let index =
      scan.unescaped.isEmpty
      ? keys.insert(bytes.extracting(key)) : keys.insert(scan.unescaped.span)
    if index == columns.count { try open(index, &sink) }
    guard lastLines[index] < line else {
      throw scan.problem("two values of \"\(columns[index].name)\"")
    }
    lastLines[index] = line
    return index
  }

  private mutating func open(
    _ index: Int, _ sink: inout some CellSink
  ) throws(TableProblem) {
    do throws(CellProblem) {
      guard let name = keys.validText(index) else {
        throw CellProblem(message: "a name is not UTF-8")
      }
      try checkName(name, &names, number: index + 1)
      columns.append((name, try sink.open(name)))
      lastLines.append(0)
    } catch {
      throw TableProblem(error, line: line)
    }
  }

  private func value(
    _ bytes: Span<UInt8>, _ scan: inout RowScanner, _ column: Int, _ sink: inout some CellSink
  ) throws(TableProblem) {
    scan.column = columns[column].name
    defer { scan.column = nil }
    guard let number = columns[column].number else { return try scan.skipValue(bytes) }
    let value = try scan.value(bytes)
    do throws(CellProblem) {
      switch value {
      case .null: break
      case .number(let value, _) where sink.readsNumbers(in: number):
        try sink.take(value, in: number)
      case .number(_, let text), .word(let text):
        try sink.take(bytes.extracting(text), in: number)
      case .text(let text) where scan.unescaped.isEmpty:
        try sink.take(bytes.extracting(text), in: number)
      case .text: try sink.take(scan.unescaped.span, in: number)
      case .vector(let vector): try sink.take(vector, in: number)
      }
    } catch {
      throw TableProblem(error, line: line, column: columns[column].name)
    }
  }
}
