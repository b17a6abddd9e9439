/// Ranges of values, and how dense the values are in each.
///
/// Nobody knows how far the outer ranges go. Each is drawn as a wedge that falls to nothing from the
/// height of its neighbour, as tails do; its area is its share, as everybody else's. No tail goes
/// beyond zero: where all edges are amounts or times, none is drawn below it, but even up to it.
struct Density {
  /// One range from its start to its end; heights are from 0 to 1, the highest that is drawn.
  struct Shape {
    let from: Double
    let to: Double
    fileprivate(set) var heightAtStart: Double
    fileprivate(set) var heightAtEnd: Double
    let isTail: Bool
    /// Whether it is higher than can be drawn.
    fileprivate(set) var isCut = false

    var isVisible: Bool { max(heightAtStart, heightAtEnd) > 0 }
  }

  let shapes: [Shape]
  let low: Double
  let high: Double

  /// A value that comes again and again has a range of its own that is hardly any wide: above so many
  /// times the usual density it is cut, or nothing else could be seen.
  private static let highest = 5.0

  /// Returns nil when there are no two edges, when not all is finite, or without shares.
  init?(shares: [Double], edges: [Double]) {
    guard let first = edges.first, let last = edges.last, last > first,
      shares.count == edges.count + 1,
      (shares + edges).allSatisfy(ValueAxis.drawable.contains)
    else { return nil }
    let inner = zip(shares.dropFirst(), zip(edges, edges.dropFirst())).map { share, range in
      Self.bar(max(0, share), from: range.0, to: range.1)
    }
    let lower = Self.tail(
      shares[0], beside: inner[0].heightAtStart, span: last - first, room: first)
    let upper = Self.tail(
      shares[shares.count - 1], beside: inner[inner.count - 1].heightAtEnd, span: last - first,
      room: -last)
    let all =
      [
        Shape(
          from: first - lower.width, to: first, heightAtStart: lower.end, heightAtEnd: lower.height,
          isTail: true)
      ] + inner + [
        Shape(
          from: last, to: last + upper.width, heightAtStart: upper.height, heightAtEnd: upper.end,
          isTail: true)
      ]
    guard let shapes = Self.scaled(all) else { return nil }
    self.shapes = shapes
    (low, high) = (first - lower.width, last + upper.width)
  }

  /// Returns how far right a value lies: 0 to 1.
  func position(of value: Double) -> Double { (value - low) / (high - low) }

  private static func bar(_ share: Double, from start: Double, to end: Double) -> Shape {
    let height = share / (end - start)
    return Shape(
      from: start, to: end, heightAtStart: height, heightAtEnd: height, isTail: false)
  }

  /// Returns a wedge as high as its neighbour, at most half as wide as all that is known; even where
  /// it would go beyond a `room` that is there.
  private static func tail(
    _ share: Double, beside height: Double, span: Double, room: Double
  ) -> (width: Double, height: Double, end: Double) {
    guard share > 0 else { return (0, 0, 0) }
    let width = height > 0 ? min(2 * share / height, span / 2) : span / 2
    if room > 0, width > room { return (room, share / room, share / room) }
    return (width, 2 * share / width, 0)
  }

  /// Returns the shapes with 1 as the largest height; nil when there is none.
  private static func scaled(_ shapes: [Shape]) -> [Shape]? {
    let heights = shapes.map { max($0.heightAtStart, $0.heightAtEnd) }.filter { $0 > 0 }.sorted()
    guard let largest = heights.last else { return nil }
    let top = min(largest, highest * heights[heights.count / 2])
    guard top.isFinite, top > 0 else { return nil }
    return shapes.map { shape in
      var shape = shape
      shape.isCut = max(shape.heightAtStart, shape.heightAtEnd) > top
      shape.heightAtStart = min(1, shape.heightAtStart / top)
      shape.heightAtEnd = min(1, shape.heightAtEnd / top)
      return shape
    }
  }
}
