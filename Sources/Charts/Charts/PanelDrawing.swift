/// One panel.
struct PanelDrawing {
  private let panel: PanelChart.Panel
  private let box: PanelBox

  init(_ panel: PanelChart.Panel, in box: PanelBox) {
    self.panel = panel
    self.box = box
  }

  func draw(_ drawing: inout Drawing) {
    drawing.group("g", [:]) { drawing in
      drawHead(&drawing)
      switch panel.form {
      case .density(let bins, let edges):
        if let density = Density(shares: bins.map(\.current), edges: edges) {
          draw(density, bins, &drawing)
        } else {
          draw(bins, &drawing)
        }
      case .ranges(let bins, let edges): draw(bins, between: edges, &drawing)
      case .categories(let bins): draw(bins, &drawing)
      }
    }
  }

  private func drawHead(_ drawing: inout Drawing) {
    let remark = Text.fitted(panel.remark, width: box.width / 2, size: 1.1 * Theme.markSize) ?? ""
    let room = box.width - Text.width(remark, size: 1.1 * Theme.markSize)
    if let title = Text.fitted(panel.title, width: box.width, size: 1.1 * Theme.labelSize) {
      drawing.label(title, "chart-panel", at: Spot(x: box.left, y: box.top + 7))
    }
    if let note = Text.fitted(panel.note, width: room - 6, size: Theme.markSize) {
      drawing.label(note, "chart-mark", at: Spot(x: box.left, y: box.top + 23))
    }
    guard !remark.isEmpty else { return }
    drawing.label(remark, "chart-remark chart-end", at: Spot(x: box.right, y: box.top + 23))
  }

  private func drawBase(_ drawing: inout Drawing) {
    drawing.line(
      "chart-base", from: Spot(x: box.left, y: box.plotBottom),
      to: Spot(x: box.right, y: box.plotBottom))
  }

  /// "17.4 to 35: 10%", or "17.4 to 35: 10%, now 12%".
  private func name(_ bin: PanelChart.Bin) -> String {
    let now = Self.percent(bin.current)
    guard let reference = bin.reference else { return "\(bin.label): \(now)" }
    return "\(bin.label): \(Self.percent(reference)), now \(now)"
  }

  /// Two digits of a share, as a percentage: "0.34%", "5.1%", "12%".
  static func percent(_ share: Double) -> String {
    guard share > 0, share.isFinite else { return "0%" }
    let percent = min(share, 1) * 100
    let places = percent >= 10 ? 0 : percent >= 1 ? 1 : 2
    let digits = Int((percent * powerOfTen(places)).rounded())
    return digits == 0 ? "<0.01%" : Decimal(digits: digits, exponent: -places).text + "%"
  }
}

// Ranges as wide as they are.
extension PanelDrawing {
  private func draw(_ density: Density, _ bins: [PanelChart.Bin], _ drawing: inout Drawing) {
    for (bin, shape) in zip(bins, density.shapes) where shape.isVisible {
      let start = spot(shape.from, 0, density)
      // Be it ever so narrow, it is seen.
      let end = Spot(x: max(start.x + 2, spot(shape.to, 0, density).x), y: box.plotBottom)
      let corners = [
        start, start.moved(down: -shape.heightAtStart * box.plotHeight),
        end.moved(down: -shape.heightAtEnd * box.plotHeight), end,
      ]
      drawing.group("path", ["class": Self.kind(shape), "d": Path.outline(corners) + "Z"]) {
        $0.add("title", [:], text: name(bin))
      }
      if shape.isCut { drawBreak(from: corners[1], to: corners[2], &drawing) }
    }
    drawBase(&drawing)
    drawMarks(density, &drawing)
  }

  private static func kind(_ shape: Density.Shape) -> String {
    shape.isTail ? "chart-tail \(Theme.fill(0))" : "chart-bin \(Theme.fill(0))"
  }

  private func spot(_ value: Double, _ height: Double, _ density: Density) -> Spot {
    Spot(
      x: box.left + density.position(of: value) * box.width,
      y: box.plotBottom - height * box.plotHeight)
  }

  /// A bar that would be higher than the plot is interrupted.
  private func drawBreak(from start: Spot, to end: Spot, _ drawing: inout Drawing) {
    drawing.box(
      "chart-surface", at: start.moved(right: -1, down: 7), width: end.x - start.x + 2, height: 2.5)
  }

  private func drawMarks(_ density: Density, _ drawing: inout Drawing) {
    let axis = ValueAxis(holding: [density.low, density.high], largestCount: 6)
    for mark in axis.marks where (density.low...density.high).contains(mark.value) {
      let spot = spot(mark.value, 0, density)
      drawing.line("chart-base", from: spot, to: spot.moved(down: 3))
      drawing.label(mark.text, "chart-mark chart-middle", at: Spot(x: spot.x, y: box.foot))
    }
  }
}

// Ranges side by side.
extension PanelDrawing {
  private func draw(_ bins: [PanelChart.Bin], between edges: [String], _ drawing: inout Drawing) {
    let pitch = box.width / Double(max(1, bins.count))
    let largest = Self.largest(bins)
    for (index, bin) in bins.enumerated() {
      let left = box.left + (Double(index) + 0.1) * pitch
      drawing.group("g", [:]) { drawing in
        drawing.add("title", [:], text: name(bin))
        column("chart-reference", bin.reference, left, 0.4 * pitch, largest, &drawing)
        column(Theme.fill(0), bin.current, left + 0.4 * pitch, 0.4 * pitch, largest, &drawing)
      }
    }
    drawBase(&drawing)
    for index in Self.marked(edges.count) {
      let mark = Spot(x: box.left + Double(index + 1) * pitch, y: box.plotBottom)
      drawing.line("chart-base", from: mark, to: mark.moved(down: 3))
      guard let text = Text.fitted(edges[index], width: box.width / 3, size: Theme.markSize) else {
        continue
      }
      drawing.label(text, "chart-mark chart-middle", at: Spot(x: mark.x, y: box.foot))
    }
  }

  private func column(
    _ kind: String, _ share: Double?, _ left: Double, _ width: Double, _ largest: Double,
    _ drawing: inout Drawing
  ) {
    guard let share, share > 0 else { return }
    let height = min(share / largest, 1) * box.plotHeight
    drawing.box(kind, at: Spot(x: left, y: box.plotBottom - height), width: width, height: height)
  }

  private static func largest(_ bins: some Sequence<PanelChart.Bin>) -> Double {
    let shares = bins.lazy.map { max($0.current, $0.reference ?? 0) }
    return shares.filter { $0 > 0 && $0.isFinite }.max() ?? 1
  }

  /// The first, the middle and the last of some edges, as far as there are so many.
  private static func marked(_ count: Int) -> [Int] {
    count > 2 ? [0, count / 2, count - 1] : Array(0..<count)
  }
}

// Categories.
extension PanelDrawing {
  private static let mostRows = 5

  private func draw(_ bins: [PanelChart.Bin], _ drawing: inout Drawing) {
    let rows = Self.fitting(bins)
    // A row of many is not to make the others small.
    let largest = Self.largest(rows.count == bins.count ? rows : rows.dropLast())
    for (index, bin) in rows.enumerated() {
      let pitch = box.plotHeight / Double(Self.mostRows)
      let middle = box.plotTop + (Double(index) + 0.5) * pitch
      drawing.group("g", [:]) { drawing in
        drawing.add("title", [:], text: name(bin))
        let isRest = rows.count < bins.count && index == rows.count - 1
        draw(row: bin, isRest, at: middle, of: largest, &drawing)
      }
    }
  }

  private func draw(
    row bin: PanelChart.Bin, _ isRest: Bool, at y: Double, of largest: Double,
    _ drawing: inout Drawing
  ) {
    let (start, end) = (box.left + 0.4 * box.width, box.right - 42)
    if let label = Text.fitted(bin.label, width: 0.4 * box.width - 8, size: Theme.markSize) {
      drawing.label(label, "chart-mark", at: Spot(x: box.left, y: y))
    }
    let length = { (share: Double) in max(0, min(share / largest, 1)) * (end - start) }
    if let reference = bin.reference {
      drawing.box(
        "chart-reference", at: Spot(x: start, y: y - 5.5), width: length(reference), height: 5)
    }
    let (top, height) = bin.reference == nil ? (y - 4.5, 9.0) : (y + 0.5, 5.0)
    drawing.box(
      isRest ? "chart-tail \(Theme.fill(0))" : Theme.fill(0), at: Spot(x: start, y: top),
      width: length(bin.current), height: height)
    drawing.label(
      Self.percent(bin.current), "chart-mark chart-end", at: Spot(x: box.right, y: y))
  }

  /// Adds up what does not fit.
  private static func fitting(_ bins: [PanelChart.Bin]) -> [PanelChart.Bin] {
    guard bins.count > mostRows else { return bins }
    let rest = bins.dropFirst(mostRows - 1)
    let references = rest.compactMap(\.reference)
    return bins.prefix(mostRows - 1) + [
      PanelChart.Bin(
        label: "\(rest.count) more", reference: references.isEmpty ? nil : references.reduce(0, +),
        current: rest.reduce(0) { $0 + $1.current })
    ]
  }
}
