import Profiles

/// Reads comma-separated values with a header (RFC 4180), piece by piece.
///
/// No cell becomes a String, and each byte is looked at once. A row is handed on when it is complete.
package struct CSVReader: Sendable {
  private struct Cell {
    enum Kind { case missing, number, text, escaped }
    var kind = Kind.missing
    var number = 0.0
    /// The bytes between the quotes, if there are any.
    var start = 0
    var end = 0
  }

  /// Of each column its name, and its number where its cells are wanted.
  private var columns: [(name: String, number: Int?)] = []
  /// The cells of the row that is being read.
  private var cells: [Cell] = []
  private var width = 0
  private(set) var line = 1
  private var isBegun = false

  package init() {}

  /// Hands on the complete rows of some bytes.
  ///
  /// - Returns: How many bytes were read; the rest is to be given again, with more behind it.
  mutating func read(
    _ bytes: Span<UInt8>, isLast: Bool, into sink: inout some CellSink
  ) throws(TableProblem) -> Int {
    var start = 0
    if !isBegun {
      guard bytes.count >= 3 || isLast else { return 0 }
      isBegun = true
      if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
    }
    while start < bytes.count {
      let first = line
      guard let end = try row(bytes, from: start, isLast: isLast, sink) else {
        line = first
        return start
      }
      let isBlank = width == 1 && cells[0].kind == .missing && cells[0].end == start
      start = end
      if columns.isEmpty {
        if !isBlank { try takeHeader(bytes, line: first, &sink) }
      } else if !isBlank {
        try takeRow(bytes, line: first, &sink)
      }
    }
    return start
  }

  private mutating func takeHeader(
    _ bytes: Span<UInt8>, line: Int, _ sink: inout some CellSink
  ) throws(TableProblem) {
    var seen: Set<String> = []
    for index in 0..<width {
      let text = content(cells[index], bytes)
      guard let name = String(validating: text, as: UTF8.self) else {
        throw TableProblem("the name of column \(index + 1) is not UTF-8", line: line)
      }
      do throws(CellProblem) {
        try checkName(name, &seen, number: index + 1)
        columns.append((name, try sink.open(name)))
      } catch {
        throw TableProblem(error, line: line)
      }
    }
  }

  private mutating func takeRow(
    _ bytes: Span<UInt8>, line: Int, _ sink: inout some CellSink
  ) throws(TableProblem) {
    guard width == columns.count else {
      throw TableProblem(
        "\(width) \(width == 1 ? "cell" : "cells") under a header of \(columns.count)", line: line)
    }
    for index in 0..<width {
      guard let number = columns[index].number else { continue }
      do throws(CellProblem) {
        switch cells[index].kind {
        case .missing: continue
        case .number: try sink.take(cells[index].number, in: number)
        case .text:
          try sink.take(bytes.extracting(cells[index].start..<cells[index].end), in: number)
        case .escaped: try sink.take(content(cells[index], bytes).span, in: number)
        }
      } catch {
        throw TableProblem(error, line: line, column: columns[index].name)
      }
    }
    do throws(CellProblem) { try sink.endRow() } catch { throw TableProblem(error, line: line) }
  }

  /// Returns the bytes of a cell, without the quotes that double quotes within.
  private func content(_ cell: Cell, _ bytes: Span<UInt8>) -> [UInt8] {
    var (content, isSecond) = ([UInt8](), false)
    for index in cell.start..<cell.end {
      isSecond = cell.kind == .escaped && bytes[index] == Self.quote && !isSecond
      if !isSecond { content.append(bytes[index]) }
    }
    return content
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriage = UInt8(ascii: "\r")
}

extension CSVReader {
  /// Finds the cells of the row that begins at `start`.
  ///
  /// - Returns: The place behind it; nil when more bytes are needed to see its end.
  private mutating func row(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool, _ sink: some CellSink
  ) throws(TableProblem) -> Int? {
    width = 0
    var place = start
    while true {
      guard let end = try cell(bytes, from: place, isLast: isLast, sink) else { return nil }
      width += 1
      if end >= bytes.count { return isLast ? end : nil }
      place = end + 1
      switch bytes[end] {
      case Self.comma: continue
      case Self.newline:
        line &+= 1
        return place
      default:
        // A carriage return ends the row with the newline behind it, or alone, as on old Macs.
        guard place < bytes.count || isLast else { return nil }
        line &+= 1
        return place < bytes.count && bytes[place] == Self.newline ? place + 1 : place
      }
    }
  }

  /// Reads one cell, and returns the place of what ends it.
  private mutating func cell(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool, _ sink: some CellSink
  ) throws(TableProblem) -> Int? {
    if width == cells.count { cells.append(Cell()) }
    if start < bytes.count, bytes[start] == Self.quote {
      return try quoted(bytes, from: start, isLast: isLast, sink)
    }
    if readsNumbers(sink), let number = DecimalText(bytes, from: start),
      number.end == bytes.count || Self.ends(bytes[number.end])
    {
      cells[width] = Cell(kind: .number, number: number.value)
      return number.end
    }
    var end = start
    while end < bytes.count, !Self.ends(bytes[end]) { end &+= 1 }
    let text = bytes.extracting(start..<end)
    let isText = columns.isEmpty && end > start || !isMissing(text)
    cells[width] = Cell(kind: isText ? .text : .missing, start: start, end: end)
    return end
  }

  private func readsNumbers(_ sink: some CellSink) -> Bool {
    guard width < columns.count, let number = columns[width].number else { return false }
    return sink.readsNumbers(in: number)
  }

  private static func ends(_ byte: UInt8) -> Bool {
    byte == comma || byte == newline || byte == carriage
  }

  private mutating func quoted(
    _ bytes: Span<UInt8>, from start: Int, isLast: Bool, _ sink: some CellSink
  ) throws(TableProblem) -> Int? {
    let first = line
    var (end, isEscaped) = (start + 1, false)
    while end < bytes.count {
      if bytes[end] == Self.quote {
        guard end + 1 < bytes.count, bytes[end + 1] == Self.quote else { break }
        isEscaped = true
        end += 1
      } else if bytes[end] == Self.newline {
        line += 1
      }
      end += 1
    }
    guard end < bytes.count else {
      if isLast { throw problem("a quote that is never closed", first) }
      return nil
    }
    cells[width].kind = end == start + 1 ? .missing : isEscaped ? .escaped : .text
    (cells[width].start, cells[width].end) = (start + 1, end)
    if readsNumbers(sink), let number = DecimalText(bytes, from: start + 1), number.end == end {
      cells[width].kind = .number
      cells[width].number = number.value
    }
    guard end + 1 == bytes.count || Self.ends(bytes[end + 1]) else {
      throw problem("text behind a closing quote", line)
    }
    return end + 1 < bytes.count || isLast ? end + 1 : nil
  }

  private func problem(_ message: String, _ line: Int) -> TableProblem {
    TableProblem(
      message, line: line, column: width < columns.count ? columns[width].name : nil)
  }
}
