/// Values from bottom to top, with marks at round numbers.
struct ValueAxis {
  let marks: [Decimal]
  private let bottom: Double
  private let top: Double

  /// What can be drawn: beyond it differences would overflow, and nobody measures there.
  static let drawable = -1e100...1e100

  /// Creates an axis that holds `values` and has at most `largestCount` marks, which is 4 or more.
  ///
  /// It ends at a mark when one is near. When the next is more than half a step away, it ends a
  /// little beyond the values, and a dip below zero does not take a fifth of the picture.
  init(holding values: [Double], largestCount: Int) {
    let values = values.filter(Self.drawable.contains)
    let (low, high) = Self.spread(values.min() ?? 0, values.max() ?? 0)
    var step = AxisStep(atLeast: (high - low) / Double(largestCount - 1))
    while step.multiples(from: low, to: high).count > largestCount { step = step.next }
    let near = 0.5 * step.value
    marks = step.multiples(from: low, to: high)
      .filter { (low - near...high + near).contains($0.value) }
    let (first, last) = (marks[0].value, marks[marks.count - 1].value)
    bottom = first <= low ? first : low - step.value / 8
    top = last >= high ? last : high + step.value / 8
  }

  /// Returns how far up `value` lies: 0 at the bottom, 1 at the top.
  func share(of value: Double) -> Double { (value - bottom) / (top - bottom) }

  /// Draws apart what lies so close together that no marks would fit between.
  private static func spread(_ low: Double, _ high: Double) -> (Double, Double) {
    let magnitude = max(abs(low), abs(high))
    guard magnitude > 1e-90 else { return (0, 1) }
    guard high - low < 1e-9 * magnitude else { return (low, high) }
    return (low - 0.1 * magnitude, high + 0.1 * magnitude)
  }
}
