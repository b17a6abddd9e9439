/// What happened, written above the plot at the line that goes down from it.
struct EventLabel {
  private let x: Double
  /// Nil where there is no room: the line stays, and tells its name to a pointer.
  private let text: String?
  private let name: String
  private let row: Int

  private static let rowHeight = 16.0
  private static let rows = 3
  private static let gap = 5.0

  /// Returns labels in rows such that none lies on another or on a line, in the order of time.
  ///
  /// `events` are their places in pixels and their names; no label goes beyond `end`.
  static func placed(_ events: [(x: Double, name: String)], end: Double) -> [EventLabel] {
    let ordered = events.sorted { $0.x < $1.x }
    let texts = ordered.map { x, name in
      Text.fitted(name, width: end - x - gap, size: Theme.labelSize)
    }
    let spans = zip(ordered, texts).map { event, text in
      (start: event.x, end: event.x + Text.width(text ?? "", size: Theme.labelSize) + 2 * gap)
    }
    return zip(zip(ordered, texts), Places.rows(spans, rows: rows)).map { labelled, row in
      let (event, text) = labelled
      return EventLabel(
        x: event.x, text: row == nil ? nil : text, name: event.name, row: row ?? rows)
    }
  }

  /// Returns the height of the rows that `labels` take.
  static func height(of labels: [EventLabel]) -> Double {
    let last = labels.filter { $0.text != nil }.map(\.row).max() ?? -1
    return Double(last + 1) * rowHeight
  }

  func draw(_ drawing: inout Drawing, _ frame: Frame) {
    let top = text == nil ? frame.top : Frame.head + Double(row) * Self.rowHeight
    drawing.group("g", [:]) { drawing in
      drawing.add("title", [:], text: name)
      drawing.line("chart-event", from: Spot(x: x, y: top), to: Spot(x: x, y: frame.bottom))
      if let text {
        drawing.label(text, "chart-name", at: Spot(x: x + Self.gap, y: top + Self.gap))
      }
    }
  }
}
