import Profiles

/// What is known of a column before its values are seen.
package enum ColumnWish: Sendable {
  /// Its values say what it is.
  case inferred
  /// Its values are counted one by one, numbers too.
  case category
  /// Its values are texts of which the length is counted.
  case text
}

/// The distribution of one column while its values come in.
struct ColumnBuilder: Sendable {
  private enum State { case empty, number, text, vector(dimension: Int) }

  let name: String
  let wish: ColumnWish
  private(set) var count = 0
  private var state = State.empty
  /// Numbers, lengths or norms.
  private var measures: QuantileSketch
  private var keys = ByteKeys()
  private var keyCounts: [Int] = []

  /// The most categories that are named; the rest are others.
  private static let mostCategories = 50
  /// The most different texts that are told apart while nobody said what they are.
  private static let mostInferred = 1000
  /// The most different values of a declared category: beyond it a new one counts among the others.
  private static let mostDeclared = 65_536
  /// A longer text is no category, but prose.
  private static let longestCategory = 200

  init(name: String, wish: ColumnWish, capacity: Int) {
    self.name = name
    self.wish = wish
    measures = QuantileSketch(capacity: capacity)
  }

  /// Whether a number is one here: where texts came first, it is one of them.
  var readsNumbers: Bool {
    if case .text = state { return false }
    return wish == .inferred
  }

  mutating func take(_ number: Double) throws(CellProblem) {
    switch state {
    case .number: break
    case .empty: state = .number
    case .text, .vector: throw mismatch("a number")
    }
    count &+= 1
    measures.push(number)
  }

  mutating func take(_ text: Span<UInt8>) throws(CellProblem) {
    switch state {
    case .text: break
    case .empty: state = .text
    case .number, .vector: throw mismatch("\"\(shown(text))\"")
    }
    count += 1
    if wish != .category { measures.push(Double(characters(of: text))) }
    if wish != .text { withCategoryKey(text) { countKey($0) } }
  }

  mutating func take(_ vector: [Double]) throws(CellProblem) {
    switch state {
    case .vector(let dimension):
      guard dimension == vector.count else {
        throw CellProblem(
          message: "a list of \(vector.count) numbers, where others have \(dimension)")
      }
    case .empty: state = .vector(dimension: vector.count)
    case .number, .text: throw mismatch("a list")
    }
    count += 1
    measures.push(norm(of: vector))
  }

  private mutating func countKey(_ key: Span<UInt8>) {
    let most = wish == .category ? Self.mostDeclared : Self.mostInferred
    guard key.count <= Self.longestCategory, keys.count < most || keys.find(key) != nil else {
      return
    }
    let number = keys.insert(key)
    if number == keyCounts.count { keyCounts.append(0) }
    keyCounts[number] += 1
  }

  private func mismatch(_ found: String) -> CellProblem {
    let kind =
      switch state {
      case .number: "number"
      case .vector: "list"
      case .text, .empty: "text"
      }
    let isText = if case .number = state { true } else { false }
    return CellProblem(
      message: "found \(found) after \(count) \(kind)\(count == 1 ? "" : "s")",
      hint: isText
        ? "if it is a text, say so with --categorical or --text; if it stands for nothing, leave the "
          + "cell empty" : nil)
  }

  /// Returns what was counted in a table of so many rows.
  mutating func column(rows: Int, bins: Int, hasRange: Bool) -> ProfileColumn {
    let missing = rows - count
    let named = isCategory ? categories : nil
    let ranges = QuantileBins(named == nil ? measures.runs() : [], bins: bins)
    let kind: ProfileColumn.Kind =
      switch state {
      case _ where named != nil: .category(values: named?.map(\.value) ?? [])
      case .number, .empty: .number(edges: ranges.edges)
      case .text: .text(edges: ranges.edges)
      case .vector(let dimension): .vector(dimension: dimension, edges: ranges.edges)
      }
    let hits = named?.map(\.count) ?? ranges.counts
    let others = named == nil ? [] : [count - hits.reduce(0, +)]
    return ProfileColumn(
      name: name, kind: kind, counts: hits + others + [missing],
      range: hasRange && named == nil ? range : nil, isOptional: missing > 0)
  }

  /// Few texts that come again and again are categories; many different ones are prose.
  private var isCategory: Bool {
    if wish == .category { return true }
    guard case .text = state, wish == .inferred else { return false }
    let areAllCounted = keyCounts.reduce(0, +) == count
    return areAllCounted && (keys.count <= 10 || keys.count * 20 <= count)
  }

  /// The most frequent first, and of equally frequent ones the first in the order of their bytes.
  private var categories: [(value: String, count: Int)] {
    let valid = keyCounts.enumerated().compactMap { number, count in
      keys.validText(number).map { (value: $0, count: count) }
    }
    return Array(
      valid.sorted { left, right in
        left.count != right.count
          ? left.count > right.count : left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
      }.prefix(Self.mostCategories))
  }

  /// The least to the largest value and a tenth of what is between beyond either.
  private var range: ValueRange? {
    var measures = measures
    guard let (least, largest) = measures.extremes() else { return nil }
    let margin = (largest - least) / 10
    let isNumber = if case .number = state { true } else { false }
    let low = shortestDecimal(above: least - 1.1 * margin, upTo: least - margin)
    let high = shortestDecimal(above: largest + margin, upTo: largest + 1.1 * margin)
    return ValueRange(isNumber ? low : max(0, low), high)
  }
}
