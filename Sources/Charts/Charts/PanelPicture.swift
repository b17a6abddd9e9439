extension PanelChart {
  /// The chart as the text of a self-contained SVG picture.
  package var svg: String { PanelPicture(chart: self).svg }
}

/// A chart of panels with a place for everything: three beside each other, and as many rows as needed.
private struct PanelPicture {
  private let chart: PanelChart
  private let legend: Legend?

  private static let perRow = 3
  /// What a reader scrolls through; the rest is in the table.
  private static let mostPanels = 90
  private static let width = 720.0
  private static let gap = 26.0
  /// From the top of a panel to that of the one below.
  private static let pitch = 146.0
  private static let foot = 8.0

  init(chart: PanelChart) {
    self.chart = chart
    legend = chart.names.map {
      Legend(reference: $0.reference, current: $0.current, width: Self.width / 4)
    }
  }

  private var panels: ArraySlice<PanelChart.Panel> { chart.panels.prefix(Self.mostPanels) }

  private var size: Size {
    let rows = (max(1, panels.count) + Self.perRow - 1) / Self.perRow
    let hidden = chart.panels.count > panels.count ? 20.0 : 0
    let height = Frame.head + Double(rows) * Self.pitch + hidden + Self.foot
    return Size(width: Int(Self.width), height: Int(height))
  }

  var svg: String {
    Drawing.picture(
      title: chart.title, description: chart.description, caption: chart.caption,
      besideCaption: legend?.width ?? 0, size: size, style: Theme.panels
    ) { drawing in
      legend?.draw(&drawing, right: Self.width - Frame.margin)
      for (index, panel) in panels.enumerated() {
        PanelDrawing(panel, in: Self.box(of: index)).draw(&drawing)
      }
      drawRest(&drawing)
    }
  }

  private static func box(of index: Int) -> PanelBox {
    let room = width - 2 * Frame.margin + gap
    let column = room / Double(perRow)
    return PanelBox(
      left: Frame.margin + Double(index % perRow) * column,
      top: Frame.head + Double(index / perRow) * pitch, width: column - gap)
  }

  /// Says what is not drawn.
  private func drawRest(_ drawing: inout Drawing) {
    let rest = chart.panels.count - panels.count
    guard rest > 0 || chart.panels.isEmpty else { return }
    let text = rest > 0 ? "and \(rest) more" : "nothing to draw"
    let y = Double(size.height) - Self.foot - 10
    drawing.label(text, "chart-caption", at: Spot(x: Frame.margin, y: y))
  }
}

/// The rectangle of one panel: its title, its note, the plot, and the marks below it.
struct PanelBox {
  let left: Double
  let top: Double
  let width: Double

  var right: Double { left + width }
  var plotTop: Double { top + 36 }
  var plotBottom: Double { top + 110 }
  var plotHeight: Double { plotBottom - plotTop }
  /// Where the marks stand.
  var foot: Double { plotBottom + 12 }
}
