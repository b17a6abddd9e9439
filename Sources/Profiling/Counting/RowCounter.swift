package import Profiles

/// Counts the rows of a table in the bins of a profile, so that both can be compared.
package struct RowCounter: Sendable {
  private struct Counted: Sendable {
    let binning: Binning
    let isOutput: Bool
    var isFound = false
    /// Of each bin but that of missing values.
    var counts: [Int]
    var offences = 0

    mutating func count(_ place: Binning.Place?) {
      guard let place else {
        offences += 1
        return
      }
      if !place.isAllowed { offences += 1 }
      if place.bin < counts.count { counts[place.bin] += 1 }
    }
  }

  private var columns: [Counted]
  /// Where each column of the profile is.
  private let indices: [String: Int]
  package private(set) var rows = 0

  package init(like profile: DataProfile) {
    columns = [(profile.features, false), (profile.outputs, true)].flatMap { list, isOutput in
      list.map {
        Counted(
          binning: Binning($0), isOutput: isOutput,
          counts: [Int](repeating: 0, count: $0.kind.bins))
      }
    }
    indices = Dictionary(columns.enumerated().map { ($1.binning.column.name, $0) }) { first, _ in
      first
    }
  }

  /// The columns of the profile that the table does not have.
  package var absentColumns: [String] {
    columns.filter { !$0.isFound }.map(\.binning.column.name)
  }

  /// How many values of a column broke the contract of the profile: outside of its range, or of
  /// another type.
  package func offences(in name: String) -> Int { indices[name].map { columns[$0].offences } ?? 0 }

  /// Returns the rows so far as a profile with the bins, the ranges and the columns it is like, but
  /// without those that the table does not have; nil when nothing is left.
  package func profile(source: String) -> DataProfile? {
    let found = columns.filter(\.isFound)
    guard rows > 0, !found.isEmpty else { return nil }
    let lists = [false, true].map { isOutput in
      found.filter { $0.isOutput == isOutput }.map { column in
        let like = column.binning.column
        return ProfileColumn(
          name: like.name, kind: like.kind,
          counts: column.counts + [rows - column.counts.reduce(0, +)], range: like.range,
          isOptional: like.isOptional)
      }
    }
    return DataProfile(rows: rows, source: source, features: lists[0], outputs: lists[1])
  }
}

extension RowCounter: CellSink {
  mutating func open(_ name: String) -> Int? {
    guard let column = indices[name] else { return nil }
    columns[column].isFound = true
    return column
  }

  func readsNumbers(in column: Int) -> Bool { columns[column].binning.isOfNumbers }

  mutating func take(_ number: Double, in column: Int) {
    columns[column].count(columns[column].binning.place(of: number))
  }

  mutating func take(_ text: Span<UInt8>, in column: Int) {
    columns[column].count(columns[column].binning.place(ofText: text))
  }

  mutating func take(_ vector: [Double], in column: Int) {
    columns[column].count(columns[column].binning.place(of: vector))
  }

  mutating func endRow() { rows += 1 }
}
