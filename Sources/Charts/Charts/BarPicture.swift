extension BarChart {
  /// The chart as the text of a self-contained SVG picture.
  package var svg: String { BarPicture(chart: self).svg }
}

/// A bar chart with a place for everything.
private struct BarPicture {
  private let chart: BarChart
  private let frame: Frame
  private let legend: Legend
  /// The pixels for one pair and the gap beside it.
  private let pitch: Double

  init(chart: BarChart) {
    self.chart = chart
    let values = chart.pairs.flatMap { [$0.reference, $0.current] }.filter { $0 >= 0 }
    frame = Frame(holding: [0] + values, in: chart.size, beside: 0)
    legend = Legend(
      reference: chart.referenceName, current: chart.currentName, width: frame.width / 4)
    pitch = frame.width / Double(max(1, chart.pairs.count))
  }

  var svg: String {
    Drawing.picture(
      title: chart.title, description: chart.description, caption: chart.caption,
      besideCaption: legend.width, size: chart.size
    ) { drawing in
      drawing.grid(frame)
      for (index, pair) in chart.pairs.enumerated() { draw(pair, index, &drawing) }
      if chart.pairs.isEmpty { drawing.nothing(frame) }
      drawLabels(&drawing)
      legend.draw(&drawing, right: frame.right)
    }
  }

  private func draw(_ pair: BarChart.Pair, _ index: Int, _ drawing: inout Drawing) {
    let left = frame.left + (Double(index) + 0.15) * pitch
    drawing.group("g", [:]) { drawing in
      drawing.add("title", [:], text: pair.label)
      bar("chart-reference", from: left, to: pair.reference, &drawing)
      bar(Theme.fill(0), from: left + 0.36 * pitch, to: pair.current, &drawing)
    }
  }

  private func bar(
    _ kind: String, from left: Double, to value: Double, _ drawing: inout Drawing
  ) {
    guard value > 0, ValueAxis.drawable.contains(value) else { return }
    let top = frame.y(of: value)
    drawing.box(kind, at: Spot(x: left, y: top), width: 0.35 * pitch, height: frame.bottom - top)
  }

  /// Writes as many labels as fit: all of them, every second, or fewer.
  private func drawLabels(_ drawing: inout Drawing) {
    let widest = chart.pairs.map { Text.width($0.label, size: Theme.markSize) }.max() ?? 0
    let every = max(1, Int((min(widest, Self.labelWidth) / max(pitch - 8, 1)).rounded(.up)))
    for (index, pair) in chart.pairs.enumerated() where index.isMultiple(of: every) {
      let middle = Spot(x: frame.left + (Double(index) + 0.5) * pitch, y: frame.bottom + 15)
      let room = Double(every) * pitch - 8
      guard let text = Text.fitted(pair.label, width: room, size: Theme.markSize) else { continue }
      drawing.label(text, "chart-mark chart-middle", at: middle)
    }
  }

  /// The width beyond which a label is cut before others are left out.
  private static let labelWidth = 80.0
}
