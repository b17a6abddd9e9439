/// Finds the bin of a value as fast as requests come.
package struct Binning: Sendable {
  /// Where a value belongs.
  package struct Place: Equatable, Sendable {
    package let bin: Int
    /// Whether the profile's contract allows the value: its range, or that it is missing.
    package let isAllowed: Bool
  }

  /// What is looked at for each value: in one place, as copies of its arrays and names would count
  /// references, which takes longer than finding the bin.
  private final class Contents: Sendable {
    enum Form {
      case number
      case category(others: Int)
      case text
      case vector(dimension: Int)
    }

    let column: ProfileColumn
    let range: ValueRange?
    let form: Form
    let edges: [Double]
    let keys: ByteKeys

    init(_ column: ProfileColumn) {
      self.column = column
      range = column.range
      edges = column.kind.edges ?? []
      keys = if case .category(let values) = column.kind { ByteKeys(values) } else { ByteKeys() }
      form =
        switch column.kind {
        case .number: .number
        case .category(let values): .category(others: values.count)
        case .text: .text
        case .vector(let dimension, _): .vector(dimension: dimension)
        }
    }
  }

  private let contents: Contents

  package init(_ column: ProfileColumn) { contents = Contents(column) }

  package var column: ProfileColumn { contents.column }

  /// Whether numbers have a place as such.
  package var isOfNumbers: Bool { if case .number = contents.form { true } else { false } }

  /// The place of no value at all.
  package var missing: Place { Place(bin: column.bins - 1, isAllowed: column.isOptional) }

  /// Returns the place of a number; nil when the column has none.
  ///
  /// What is not finite is missing. A whole number may be a category.
  package func place(of number: Double) -> Place? {
    guard number.isFinite else { return missing }
    switch contents.form {
    case .number: return place(ofMeasure: number)
    case .category:
      let isWhole = abs(number) < 0x1p53 && number == number.rounded()
      return place(ofText: Array((isWhole ? "\(Int(number))" : "\(number)").utf8).span)
    case .text, .vector: return nil
    }
  }

  /// Returns the place of a text in UTF-8; nil when the column has none.
  package func place(ofText text: Span<UInt8>) -> Place? {
    switch contents.form {
    case .text: return place(ofMeasure: Double(characters(of: text)))
    case .category(let others):
      let number = withCategoryKey(text) { contents.keys.find($0) }
      return Place(bin: number ?? others, isAllowed: true)
    case .number, .vector: return nil
    }
  }

  /// Returns the place of a text; nil when the column has none.
  package func place(of text: String) -> Place? { place(ofText: Array(text.utf8).span) }

  /// Returns the place of a list of numbers; nil when the column has none of its length.
  package func place(of vector: [Double]) -> Place? {
    guard case .vector(vector.count) = contents.form else { return nil }
    let norm = norm(of: vector)
    return norm.isFinite ? place(ofMeasure: norm) : missing
  }

  /// Finds the range by counting the edges up to the value: a processor cannot guess where halving
  /// goes on, and a wrong guess takes longer than comparing with a dozen edges.
  ///
  /// For the same reason nothing is asked: the sign of a difference says which of two is larger. Of
  /// equal numbers it is positive, zero added to the negative zero too.
  private func place(ofMeasure value: Double) -> Place {
    var above: UInt64 = 0
    for edge in contents.edges { above &+= ((value + 0) - edge).bitPattern &>> 63 }
    return Place(
      bin: contents.edges.count &- Int(truncatingIfNeeded: above),
      isAllowed: contents.range?.contains(value) ?? true)
  }
}
