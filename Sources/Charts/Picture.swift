extension Drawing {
  /// Returns a whole picture: its text for people and for screen readers, and what `body` draws.
  static func picture(
    title: String, description: String, caption: String, besideCaption: Double = 0, size: Size,
    style: [String] = [], _ body: (inout Drawing) -> Void
  ) -> String {
    var drawing = Drawing()
    let attributes: KeyValuePairs = [
      "xmlns": "http://www.w3.org/2000/svg", "class": "chart", "role": "img",
      "width": "\(size.width)", "height": "\(size.height)",
      "viewBox": "0 0 \(size.width) \(size.height)",
    ]
    drawing.group("svg", attributes) { drawing in
      drawing.add("title", [:], text: title)
      drawing.add("desc", [:], text: description)
      drawing.add(style: Theme.style + style)
      drawing.add("rect", ["class": "chart-surface", "width": "100%", "height": "100%"])
      let room = Double(size.width) - 2 * Frame.margin
      // Bold letters are a tenth wider.
      drawing.head(title, "chart-title", y: 23, width: room, size: 1.1 * Theme.titleSize)
      drawing.head(
        caption, "chart-caption", y: 43, width: room - besideCaption, size: Theme.labelSize)
      body(&drawing)
    }
    return drawing.lines.joined(separator: "\n") + "\n"
  }

  /// Draws the lines of the grid and what they stand for.
  mutating func grid(_ frame: Frame) {
    for mark in frame.marks {
      across(mark.digits == 0 ? "chart-base" : "chart-grid", at: mark.value, frame)
      let end = Spot(x: frame.left - 8, y: frame.y(of: mark.value))
      label(mark.text, "chart-mark chart-end", at: end)
    }
  }

  /// Says that there is nothing to draw.
  mutating func nothing(_ frame: Frame) {
    let middle = Spot(x: frame.x(at: 0.5), y: (frame.top + frame.bottom) / 2)
    label("no data", "chart-caption chart-middle", at: middle)
  }

  /// Draws a line through the whole plot at `value`.
  mutating func across(_ kind: String, at value: Double, _ frame: Frame) {
    let y = frame.y(of: value)
    line(kind, from: Spot(x: frame.left, y: y), to: Spot(x: frame.right, y: y))
  }

  mutating func line(_ kind: String, from start: Spot, to end: Spot) {
    add(
      "line",
      [
        "class": kind, "x1": Self.number(start.x), "y1": Self.number(start.y),
        "x2": Self.number(end.x), "y2": Self.number(end.y),
      ])
  }

  mutating func box(_ kind: String, at corner: Spot, width: Double, height: Double) {
    add(
      "rect",
      [
        "class": kind, "x": Self.number(corner.x), "y": Self.number(corner.y),
        "width": Self.number(width), "height": Self.number(height),
      ])
  }

  /// Writes `text` with the middle of its small letters at a spot.
  mutating func label(_ text: String, _ kind: String, at spot: Spot) {
    let baseline = spot.moved(down: 4)
    add(
      "text",
      ["class": kind, "x": Self.number(baseline.x), "y": Self.number(baseline.y)], text: text)
  }

  private mutating func head(
    _ text: String, _ kind: String, y: Double, width: Double, size: Double
  ) {
    guard let text = Text.fitted(text, width: width, size: size) else { return }
    label(text, kind, at: Spot(x: Frame.margin, y: y))
  }
}
