/// The rectangle of the plot, between the labels around it.
struct Frame {
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double
  /// The room for labels at the right.
  let beside: Double
  private let values: ValueAxis

  /// The room around everything.
  static let margin = 16.0
  /// Where the head ends: title and caption.
  static let head = 62.0
  /// The room below the plot, for the marks of the axis.
  private static let foot = 36.0

  /// Creates the frame of a picture.
  ///
  /// - Parameters:
  ///   - values: Everything that has to fit between bottom and top.
  ///   - size: The size of the whole picture.
  ///   - beside: The room that labels need at the right.
  init(holding values: [Double], in size: Size, beside: Double) {
    let axis = ValueAxis(holding: values, largestCount: max(4, size.height / 45))
    let marks = axis.marks.map { Text.width($0.text, size: Theme.markSize) }.max() ?? 0
    self.init(
      left: Self.margin + marks + 8, right: Double(size.width) - Self.margin - beside,
      top: Self.head, bottom: Double(size.height) - Self.foot, beside: beside, values: axis)
  }

  private init(
    left: Double, right: Double, top: Double, bottom: Double, beside: Double, values: ValueAxis
  ) {
    self.left = left
    self.right = right
    self.top = top
    self.bottom = bottom
    self.beside = beside
    self.values = values
  }

  /// Returns the same frame with room for labels between head and plot.
  func lowered(by pixels: Double) -> Frame {
    Frame(
      left: left, right: right, top: top + pixels, bottom: bottom, beside: beside, values: values)
  }

  var width: Double { right - left }
  var marks: [Decimal] { values.marks }

  /// Returns the place at a share of the way from left to right.
  func x(at share: Double) -> Double { left + share * width }

  func y(of value: Double) -> Double { bottom - values.share(of: value) * (bottom - top) }
}

/// A place in a picture, in pixels from its upper left corner.
struct Spot: Equatable {
  let x: Double
  let y: Double

  func moved(right: Double = 0, down: Double = 0) -> Spot { Spot(x: x + right, y: y + down) }
}
