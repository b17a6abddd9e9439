package import Profiles

/// What a profile is to be like.
package struct ProfileOptions: Sendable {
  package var outputs: Set<String> = []
  package var ignored: Set<String> = []
  package var wishes: [String: ColumnWish] = [:]
  package var bins = 10
  /// Whether the ranges of the values are allowed ones.
  package var hasRanges = false

  package init() {}
}

/// Counts the rows of a table, each once, in memory that does not grow with their number.
package struct ProfileBuilder: Sendable {
  private let options: ProfileOptions
  private var names: Set<String> = []
  private var columns: [ColumnBuilder] = []
  package private(set) var rows = 0

  /// What is certain to be more than fit into a profile's file.
  private static let mostColumns = 1000
  /// Up to so many values a column is exact; further columns of a wide table make do with less.
  private static let mostExact = 65_536
  private static let exactValues = 1 << 23

  package init(_ options: ProfileOptions) {
    precondition((2...100).contains(options.bins), "\(options.bins) bins")
    self.options = options
  }

  /// Returns the profile of the rows so far.
  ///
  /// - Parameter source: Where they came from, for people.
  /// - Returns: Nil when there is nothing to count.
  package mutating func profile(source: String) -> DataProfile? {
    guard rows > 0, !columns.isEmpty else { return nil }
    var (features, outputs) = ([ProfileColumn](), [ProfileColumn]())
    for index in columns.indices {
      let column = columns[index].column(
        rows: rows, bins: options.bins, hasRange: options.hasRanges)
      if options.outputs.contains(column.name) {
        outputs.append(column)
      } else {
        features.append(column)
      }
    }
    return DataProfile(rows: rows, source: source, features: features, outputs: outputs)
  }

  /// The columns that the options name and the table does not have, in order.
  package var unknownColumns: [String] {
    options.outputs.union(options.ignored).union(options.wishes.keys).subtracting(names).sorted()
  }
}

extension ProfileBuilder: CellSink {
  mutating func open(_ name: String) throws(CellProblem) -> Int? {
    names.insert(name)
    if options.ignored.contains(name) { return nil }
    guard columns.count < Self.mostColumns else {
      throw CellProblem(
        message: "more than \(Self.mostColumns) columns, which do not fit into a profile",
        hint: "leave some out with --ignore")
    }
    columns.append(
      ColumnBuilder(
        name: name, wish: options.wishes[name] ?? .inferred,
        capacity: min(Self.mostExact, Self.exactValues / (columns.count + 1))))
    return columns.count - 1
  }

  func readsNumbers(in column: Int) -> Bool { columns[column].readsNumbers }

  mutating func take(_ number: Double, in column: Int) throws(CellProblem) {
    try columns[column].take(number)
  }

  mutating func take(_ text: Span<UInt8>, in column: Int) throws(CellProblem) {
    try columns[column].take(text)
  }

  mutating func take(_ vector: [Double], in column: Int) throws(CellProblem) {
    try columns[column].take(vector)
  }

  mutating func endRow() { rows += 1 }
}
