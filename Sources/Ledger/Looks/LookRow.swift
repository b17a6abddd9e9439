package import Encoding

/// A look as it is written down.
package enum WrittenLook: Equatable, Sendable {
  /// What nearly all are: integers, as `LookWriter` tells.
  case row(LookRow)
  /// An object; or what is no look at all, which its reader says.
  case other(JSONValue)

  package init(json: JSONValue) {
    self = json.integers.map { .row(LookRow($0)) } ?? .other(json)
  }

  package var json: JSONValue {
    switch self {
    case .row(let row): .array(row.map { .number($0) })
    case .other(let value): value
    }
  }
}

/// The integers of one look, which may be a line across columns that hold many.
package struct LookRow: RandomAccessCollection, Equatable, Sendable {
  /// Column by column.
  private let numbers: [Int]
  private let line: Int
  private let lines: Int

  package init(_ numbers: [Int]) { self.init(line: 0, of: 1, in: numbers) }

  /// Takes one line across columns, which have as many numbers each as there are lines.
  init(line: Int, of lines: Int, in numbers: [Int]) {
    self.numbers = numbers
    self.line = line
    self.lines = lines
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { lines == 1 ? numbers.count : numbers.count / lines }
  package subscript(column: Int) -> Int { numbers[column * lines + line] }

  package static func == (left: LookRow, right: LookRow) -> Bool { left.elementsEqual(right) }
}
