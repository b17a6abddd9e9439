/// Reads the rows of a file, piece by piece, whatever its format.
package enum TableReader: Sendable {
  case csv(CSVReader)
  case jsonLines(JSONLinesReader)

  /// Creates the reader of a file that begins with these bytes: JSON lines begin with an object.
  package init(beginning bytes: Span<UInt8>) {
    var place = bytes.count >= 3 && bytes[0] == 0xEF ? 3 : 0
    while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    self =
      place < bytes.count && bytes[place] == UInt8(ascii: "{")
      ? .jsonLines(JSONLinesReader()) : .csv(CSVReader())
  }

  /// What is to be said of a row that has no end within so many bytes.
  package func rowTooLong(limit: Int) -> TableProblem {
    let line =
      switch self {
      case .csv(let reader): reader.line
      case .jsonLines(let reader): reader.line + 1
      }
    return TableProblem(
      "a row of more than \(limit) bytes", line: line, hint: "is a quote never closed?")
  }

  /// Hands on complete rows, and returns how many bytes were read.
  mutating func read(
    _ bytes: Span<UInt8>, isLast: Bool, into sink: inout some CellSink
  ) throws(TableProblem) -> Int {
    switch self {
    case .csv(var reader):
      defer { self = .csv(reader) }
      return try reader.read(bytes, isLast: isLast, into: &sink)
    case .jsonLines(var reader):
      defer { self = .jsonLines(reader) }
      return try reader.read(bytes, isLast: isLast, into: &sink)
    }
  }
}

/// What becomes of the rows of a table.
package protocol RowTaking {
  /// Takes the complete rows of some bytes.
  ///
  /// - Parameters:
  ///   - bytes: What was not read before.
  ///   - isLast: Whether nothing comes behind them.
  ///   - reader: What reads the file.
  /// - Returns: How many bytes were read; the rest is to be given again, with more behind it.
  /// - Throws: What is wrong with the table, and where.
  mutating func take(
    _ bytes: Span<UInt8>, isLast: Bool, from reader: inout TableReader
  ) throws(TableProblem) -> Int
}

extension ProfileBuilder: RowTaking {
  package mutating func take(
    _ bytes: Span<UInt8>, isLast: Bool, from reader: inout TableReader
  ) throws(TableProblem) -> Int { try reader.read(bytes, isLast: isLast, into: &self) }
}

extension RowCounter: RowTaking {
  package mutating func take(
    _ bytes: Span<UInt8>, isLast: Bool, from reader: inout TableReader
  ) throws(TableProblem) -> Int { try reader.read(bytes, isLast: isLast, into: &self) }
}
