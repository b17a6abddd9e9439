/// How charts look: colours for light and dark, one family of letters.
///
/// The colours of lines are Okabe and Ito's for every kind of colour vision, darkened or lightened
/// until they can be read as text. Lines differ in their dashes too, and carry their names.
enum Theme {
  struct Colors: Sendable {
    let surface, ink, muted, grid: String
    let series: [String]
  }

  static let light = Colors(
    surface: "#ffffff", ink: "#1f2328", muted: "#59636e", grid: "#e4e8ec",
    series: ["#0067a5", "#b34700", "#00785a", "#a3397a", "#6b5300", "#4b4f57"])

  static let dark = Colors(
    surface: "#0d1117", ink: "#f0f6fc", muted: "#9198a1", grid: "#2a313a",
    series: ["#5cb8f2", "#ff9b5e", "#3fc79a", "#ec8fc6", "#e3c04a", "#b9c0c9"])

  /// The dashes of the lines, in the order of the colours.
  private static let dashes = ["none", "7 4", "2 3", "10 3 2 3", "5 2", "1 4"]

  static let titleSize = 15.0
  static let labelSize = 12.0
  static let markSize = 11.0

  /// Returns the class of strokes of the line at `index`; after the last colour the first follows.
  static func stroke(_ index: Int) -> String { "chart-stroke-\(index % light.series.count)" }

  /// Returns the class of what is filled in the colour of the line at `index`.
  static func fill(_ index: Int) -> String { "chart-fill-\(index % light.series.count)" }

  /// The style sheet: every class begins with "chart", for pages that hold several pictures.
  static let style =
    shapes + strokes + rules(light) + ["@media (prefers-color-scheme: dark) {"]
    + rules(dark).map { "  " + $0 } + ["}"]

  /// What pictures of panels need beside it.
  static let panels =
    [
      ".chart .chart-panel { font-weight: 600 }",
      ".chart .chart-remark { font-size: 11px; font-weight: 600 }",
      ".chart-bin { stroke-width: 0.6; stroke: \(light.surface) }",
      ".chart-tail { opacity: 0.5 }",
      "@media (prefers-color-scheme: dark) { .chart-bin { stroke: \(dark.surface) } }",
    ]

  private static let shapes = [
    ".chart text { font: 12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif }",
    ".chart .chart-title { font-size: 15px; font-weight: 600 }",
    ".chart .chart-mark { font-size: 11px }",
    ".chart .chart-name { font-weight: 500 }",
    ".chart .chart-end { text-anchor: end }",
    ".chart .chart-middle { text-anchor: middle }",
    ".chart-grid, .chart-base { shape-rendering: crispEdges }",
    ".chart-line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }",
    ".chart-threshold { stroke-dasharray: 5 4 }",
    ".chart-event { stroke-dasharray: 1 3; stroke-linecap: round }",
    ".chart .chart-leader { fill: none; stroke-width: 1; stroke-dasharray: none; opacity: 0.6 }",
    ".chart-band { opacity: 0.16 }",
  ]

  private static let strokes = dashes.enumerated().map { index, dashes in
    ".\(stroke(index)) { stroke-dasharray: \(dashes) }"
  }

  private static func rules(_ colors: Colors) -> [String] {
    let series = colors.series.enumerated().flatMap { index, color in
      [".\(stroke(index)) { stroke: \(color) }", ".chart .\(fill(index)) { fill: \(color) }"]
    }
    return [
      ".chart-surface { fill: \(colors.surface) }",
      ".chart text { fill: \(colors.ink) }",
      ".chart .chart-mark, .chart .chart-caption { fill: \(colors.muted) }",
      ".chart-grid { stroke: \(colors.grid) }",
      ".chart-base, .chart-event, .chart-leader, .chart-reference { stroke: \(colors.muted) }",
      ".chart-threshold { stroke: \(colors.ink) }",
      ".chart-reference { fill: \(colors.grid) }",
    ] + series
  }
}
