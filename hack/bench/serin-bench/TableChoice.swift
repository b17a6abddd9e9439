import ArgumentParser

/// Several tables in one argument, with commas between.
struct TableChoice<Table>: ExpressibleByArgument
where Table: RawRepresentable<String> & CaseIterable & Sendable {
  let tables: [Table]

  static var all: TableChoice { TableChoice(tables: Array(Table.allCases)) }

  private init(tables: [Table]) { self.tables = tables }

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    tables = words.compactMap { Table(rawValue: $0.uppercased()) }
    guard tables.count == words.count else { return nil }
  }

  var defaultValueDescription: String { tables.map(\.rawValue).joined(separator: ",") }
}
