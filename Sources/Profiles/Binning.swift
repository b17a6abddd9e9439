/// Finds the bin of a value as fast as requests come.
package struct Binning: Sendable {
  /// Where a value belongs.
  package struct Place: Equatable, Sendable {
    package let bin: Int
    /// Whether the profile's contract allows the value: its range, or that it is missing.
    package let isAllowed: Bool
  }

  package let column: ProfileColumn
  private let edges: [Double]
  private let keys: ByteKeys?

  package init(_ column: ProfileColumn) {
    self.column = column
    edges = column.kind.edges ?? []
    keys = if case .category(let values) = column.kind { ByteKeys(values) } else { nil }
  }

  /// The place of no value at all.
  package var missing: Place { Place(bin: column.bins - 1, isAllowed: column.isOptional) }

  /// Returns the place of a number; nil when the column has none.
  ///
  /// What is not finite is missing. A whole number may be a category.
  package func place(of number: Double) -> Place? {
    guard number.isFinite else { return missing }
    switch column.kind {
    case .number: return place(ofMeasure: number)
    case .category:
      let isWhole = abs(number) < 0x1p53 && number == number.rounded()
      return place(ofText: Array((isWhole ? "\(Int(number))" : "\(number)").utf8).span)
    case .text, .vector: return nil
    }
  }

  /// Returns the place of a text in UTF-8; nil when the column has none.
  package func place(ofText text: Span<UInt8>) -> Place? {
    switch column.kind {
    case .text: return place(ofMeasure: Double(characters(of: text)))
    case .category(let values):
      let number = withCategoryKey(text) { keys?.find($0) }
      return Place(bin: number ?? values.count, isAllowed: true)
    case .number, .vector: return nil
    }
  }

  /// Returns the place of a text; nil when the column has none.
  package func place(of text: String) -> Place? { place(ofText: Array(text.utf8).span) }

  /// Returns the place of a list of numbers; nil when the column has none of its length.
  package func place(of vector: [Double]) -> Place? {
    guard case .vector(vector.count, _) = column.kind else { return nil }
    let norm = norm(of: vector)
    return norm.isFinite ? place(ofMeasure: norm) : missing
  }

  /// Finds the range by halving: the first edge that is larger ends it.
  private func place(ofMeasure value: Double) -> Place {
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return Place(bin: low, isAllowed: column.range?.contains(value) ?? true)
  }
}
