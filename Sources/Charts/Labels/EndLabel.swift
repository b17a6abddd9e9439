/// The name of a line, beside the plot at the line's end.
struct EndLabel {
  let text: String
  /// Where the line ends.
  let anchor: Spot
  /// The number of the line, which gives its colour; nil for a threshold.
  let line: Int?

  private static let gap = 15.0
  private static let distance = 14.0

  /// Returns the width of the column that holds `names`: no more than a third of the picture.
  static func room(for names: [String], in size: Size) -> Double {
    let widest = names.map { Text.width($0, size: Theme.labelSize) }.max() ?? 0
    return min(widest + distance, Double(size.width) / 3)
  }

  /// Draws the labels one below the other, each joined to its line where it stands elsewhere.
  ///
  /// Where there are more than fit, the last ones are left out.
  static func draw(_ labels: [EndLabel], _ drawing: inout Drawing, _ frame: Frame) {
    let limits = frame.top...frame.bottom
    let fitting = labels.prefix(Int((frame.bottom - frame.top) / gap) + 1)
    let heights = Places.spread(fitting.map(\.anchor.y), gap: gap, within: limits)
    for (label, y) in zip(fitting, heights) { label.draw(&drawing, frame, y: y) }
  }

  private func draw(_ drawing: inout Drawing, _ frame: Frame, y: Double) {
    let start = Spot(x: frame.right + Self.distance, y: y)
    let room = frame.beside - Self.distance
    guard let text = Text.fitted(text, width: room, size: Theme.labelSize) else { return }
    drawLeader(&drawing, frame, to: start.moved(right: -3))
    guard let line else { return drawing.label(text, "chart-name", at: start) }
    drawing.add(
      "circle",
      [
        "class": Theme.fill(line), "cx": Drawing.number(anchor.x), "cy": Drawing.number(anchor.y),
        "r": "3.5",
      ])
    drawing.label(text, "chart-name \(Theme.fill(line))", at: start)
  }

  private func drawLeader(_ drawing: inout Drawing, _ frame: Frame, to end: Spot) {
    let isBeside = abs(end.y - anchor.y) < 2 && frame.right - anchor.x < 2
    if isBeside { return }
    let kind = line.map { "chart-leader \(Theme.stroke($0))" } ?? "chart-leader"
    let bend = Spot(x: max(anchor.x, frame.right), y: anchor.y)
    drawing.add("path", ["class": kind, "d": Path.line([anchor, bend, end])])
  }
}
