/// What the pale and the solid bars are called, on the line of the caption.
struct Legend {
  private let entries: [(name: String, kind: String)]

  /// The room between an entry and the next.
  private static let gap = 12.0
  private static let height = 43.0

  /// Creates a legend in which no name is wider than `width`.
  init(reference: String, current: String, width: Double) {
    entries = [(reference, "chart-reference"), (current, Theme.fill(0))].map {
      (Text.fitted($0, width: width, size: Theme.labelSize) ?? "", $1)
    }
  }

  var width: Double { entries.reduce(0) { $0 + Self.width(of: $1.name) } }

  /// Draws the entries up to `right`.
  func draw(_ drawing: inout Drawing, right: Double) {
    var left = right - width + Self.gap
    for (name, kind) in entries {
      drawing.box(kind, at: Spot(x: left, y: Self.height - 5), width: 10, height: 10)
      drawing.label(name, "chart-name", at: Spot(x: left + 16, y: Self.height))
      left += Self.width(of: name)
    }
  }

  /// Returns the width of a name with its box before it and a gap after it.
  private static func width(of name: String) -> Double {
    16 + Text.width(name, size: Theme.labelSize) + gap
  }
}
