package import Profiles
package import Randomness

/// Draws values of one column as they came when the model was trained.
///
/// A bin is drawn as often as it was hit, and a value of it evenly. Missing values and categories without a name
/// are left out: a profile does not say how a request carries them.
package struct ColumnDraw: Sendable {
  package enum Value: Equatable, Sendable {
    case number(Double)
    case text(String)
    case numbers([Double])
  }

  /// A text that is longer says no more about a server.
  private static let longestText = 65_536.0

  package let column: ProfileColumn
  /// How often the bins up to each one were hit.
  private let sums: [Int]

  package init(_ column: ProfileColumn) {
    self.column = column
    let named = column.kind.edges == nil ? column.kind.bins - 1 : column.kind.bins
    sums = column.counts.prefix(named).reduce(into: []) { sums, count in
      sums.append((sums.last ?? 0) + count)
    }
  }

  /// Returns a value; nil when no bin that can be drawn was ever hit.
  package func value(using random: inout SplitMix64) -> Value? {
    guard let total = sums.last, total > 0 else { return nil }
    let place = Int(random.next(upperBound: UInt64(total)))
    let bin = sums.firstIndex { $0 > place } ?? 0
    switch column.kind {
    case .category(let values): return .text(values[bin])
    case .number(let edges): return .number(measure(bin, edges, &random))
    case .text(let edges):
      let length = min(Self.longestText, measure(bin, edges, &random).rounded(.down))
      return .text(String(repeating: "a", count: max(Int(length), leastLength(bin, edges))))
    case .vector(let dimension, let edges):
      return .numbers(Self.vector(dimension, norm: measure(bin, edges, &random), &random))
    }
  }

  /// As many numbers as its longest value takes the room of.
  package var worth: Int {
    switch column.kind {
    case .number, .vector: return 1
    case .category(let values): return 1 + (values.map(\.utf8.count).max() ?? 0) / 16
    case .text(let edges):
      let high = min(Self.bounds(edges.count, edges).high, column.range?.largest ?? .infinity)
      return 1 + Int(max(0, min(Self.longestText, high))) / 16
    }
  }

  /// The shortest text of a bin: a length that was rounded down may be one of the bin before.
  private func leastLength(_ bin: Int, _ edges: [Double]) -> Int {
    bin == 0 ? 0 : Int(max(0, min(Self.longestText, edges[bin - 1].rounded(.up))))
  }

  /// Returns a number, a length or a norm of one bin.
  private func measure(_ bin: Int, _ edges: [Double], _ random: inout SplitMix64) -> Double {
    var (low, high) = Self.bounds(bin, edges)
    if let range = column.range { (low, high) = (max(low, range.least), min(high, range.largest)) }
    if case .number = column.kind {} else { low = max(0, low) }
    let value = low + random.uniform() * (high - low)
    // The edge itself belongs to the next bin.
    let last = bin < edges.count ? min(high, edges[bin].nextDown) : high
    return min(max(value.isFinite ? value : low, low), last)
  }

  /// Where a bin begins and ends; the first and the last are open, and taken to be as wide as the next to them.
  private static func bounds(_ bin: Int, _ edges: [Double]) -> (low: Double, high: Double) {
    guard let first = edges.first, let last = edges.last else { return (0, 1) }
    let widths = zip(edges.dropFirst(), edges).map { $0 - $1 }
    let low = bin == 0 ? first - (widths.first ?? max(1, abs(first))) : edges[bin - 1]
    let high = bin == edges.count ? last + (widths.last ?? max(1, abs(last))) : edges[bin]
    return (max(low, -.greatestFiniteMagnitude), min(high, .greatestFiniteMagnitude))
  }

  /// Returns a vector of any direction.
  private static func vector(
    _ dimension: Int, norm: Double, _ random: inout SplitMix64
  ) -> [Double] {
    let direction = (0..<dimension).map { _ in random.normal() }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return direction.map { length > 0 ? $0 / length * norm : 0 }
  }
}
