import Ledger
import Rollouts

extension HTML {
  /// A column of a table: how it is headed, and whether it holds numbers.
  struct Column: Sendable {
    let name: String
    let isNumber: Bool

    static func text(_ name: String) -> Column { Column(name: name, isNumber: false) }
    static func number(_ name: String) -> Column { Column(name: name, isNumber: true) }
  }

  /// Returns a table whose rows are headed by their first cell.
  ///
  /// It can be scrolled by itself, also with the keyboard, where it is wider than the page; on a narrow
  /// screen its rows are unfolded.
  static func table(_ caption: String, _ columns: [Column], _ rows: [[HTML]]) -> HTML {
    let head = columns.map { column in
      element(
        "th", ["class": column.isNumber ? "number" : "text", "scope": "col"], HTML(column.name))
    }
    let body = rows.map { row in
      element("tr", [:], HTML(joining: zip(columns, row).enumerated().map(cell)))
    }
    let table = block(
      "table", [:],
      [
        element("caption", [:], HTML(caption)),
        element("thead", [:], element("tr", [:], HTML(joining: head))), block("tbody", [:], body),
      ])
    return block(
      "div", ["class": "table", "role": "region", "aria-label": caption, "tabindex": "0"], [table])
  }

  /// A cell says what it is, where a narrow screen shows no heads of columns.
  private static func cell(_ index: Int, _ cell: (column: Column, content: HTML)) -> HTML {
    let kind = cell.column.isNumber ? "number" : "text"
    let label = cell.column.name
    return index == 0
      ? element("th", ["class": kind, "scope": "row", "data-label": label], cell.content)
      : element("td", ["class": kind, "data-label": label], cell.content)
  }

  /// Returns names with what they stand for.
  static func list(_ items: [(String, HTML)]) -> HTML {
    block(
      "dl", [:], items.map { element("dt", [:], HTML($0)) + element("dd", [:], $1) })
  }

  static func paragraph(_ text: String, _ kind: String? = nil) -> HTML {
    kind.map { element("p", ["class": $0], HTML(text)) } ?? element("p", [:], HTML(text))
  }

  /// Returns what machines made: digests, commits, addresses.
  static func code(_ text: String) -> HTML { element("code", [:], HTML(text)) }

  static func time(_ moment: Instant) -> HTML {
    let text = moment.iso8601
    let shown = text.replacing("T", with: " ").replacing("Z", with: "")
    return element("time", ["datetime": text], HTML(shown))
  }

  static func + (left: HTML, right: HTML) -> HTML { HTML(joining: [left, right]) }
}
