/// A table as Markdown, whose columns are also aligned in a terminal.
struct MarkdownTable {
  let title: String
  let columns: [String]
  private var rows: [[String]] = []

  init(title: String, columns: [String]) {
    self.title = title
    self.columns = columns
  }

  mutating func add(_ row: [String]) {
    precondition(row.count == columns.count, "\(row.count) cells in \(columns.count) columns")
    rows.append(row)
  }

  var text: String {
    let widths = columns.indices.map { index in
      ([columns] + rows).map { $0[index].count }.max() ?? 0
    }
    let lines = ([columns, widths.map { String(repeating: "-", count: $0) }] + rows).map { row in
      let cells = zip(row, widths).map { $0.padded(to: $1) }
      return "| " + cells.joined(separator: " | ") + " |"
    }
    return "### \(title)\n\n" + lines.joined(separator: "\n") + "\n"
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

/// "12.3%".
func percent(_ share: Double) -> String { "\(tenths(share * 100))%" }

/// "12.3".
func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

/// "12.345".
func thousandths(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

/// "12%".
func wholePercent(_ share: Double) -> String { "\(whole(share * 100))%" }

/// "12".
func whole(_ value: Double) -> String { short(value.rounded()) }

/// "1.5", but "2".
func short(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
