extension TimeChart {
  /// The chart as the text of a self-contained SVG picture.
  package var svg: String { TimePicture(self).svg }

  /// The times that its axis has to hold.
  fileprivate var times: [Double] { points.map(\.seconds) + events.map(\.seconds) }

  /// The values that its axis has to hold.
  fileprivate var values: [Double] { points.map(\.value) + thresholds.map(\.value) }

  /// All points that can be drawn, those of the bands too.
  fileprivate var points: [Point] {
    series.flatMap { $0.points + $0.band.flatMap { [$0.low, $0.high] } }.filter(\.isDrawable)
  }
}

extension TimeChart.Point {
  fileprivate var isDrawable: Bool {
    TimeAxis.drawable.contains(seconds) && ValueAxis.drawable.contains(value)
  }
}

extension TimeChart.Interval {
  fileprivate var low: TimeChart.Point { TimeChart.Point(seconds: seconds, value: lower) }
  fileprivate var high: TimeChart.Point { TimeChart.Point(seconds: seconds, value: upper) }
}

/// A time chart with a place for everything.
private struct TimePicture {
  private let chart: TimeChart
  private let frame: Frame
  private let times: TimeAxis
  private let events: [EventLabel]

  /// The pixels that a mark of the time axis needs: "12h30m" and a gap.
  private static let markWidth = 72.0

  init(_ chart: TimeChart) {
    let names = chart.series.map(\.name) + chart.thresholds.map(\.label)
    let frame = Frame(
      holding: chart.values, in: chart.size,
      beside: EndLabel.room(for: names, in: chart.size))
    let times = TimeAxis(
      holding: chart.times, largestCount: max(2, Int(frame.width / Self.markWidth)))
    events = EventLabel.placed(
      chart.events.filter { TimeAxis.drawable.contains($0.seconds) }
        .map { (frame.x(at: times.share(of: $0.seconds)), $0.label) },
      end: Double(chart.size.width) - Frame.margin)
    self.chart = chart
    self.frame = frame.lowered(by: EventLabel.height(of: events))
    self.times = times
  }

  var svg: String {
    Drawing.picture(
      title: chart.title, description: chart.description, caption: chart.caption, size: chart.size
    ) { drawing in
      drawing.grid(frame)
      drawTimes(&drawing)
      for event in events { event.draw(&drawing, frame) }
      for threshold in thresholds { drawing.across("chart-threshold", at: threshold.value, frame) }
      // Bands first: none may cover the line of another.
      for (index, series) in chart.series.enumerated() {
        path(
          Path.area(series.band.map(ends)), "chart-band \(Theme.fill(index))", of: series, &drawing)
      }
      for (index, series) in chart.series.enumerated() {
        path(
          Path.line(series.points.map(spot)), "chart-line \(Theme.stroke(index))", of: series,
          &drawing)
      }
      if chart.points.isEmpty { drawing.nothing(frame) }
      EndLabel.draw(endLabels, &drawing, frame)
    }
  }

  private var thresholds: [TimeChart.Threshold] {
    chart.thresholds.filter { ValueAxis.drawable.contains($0.value) }
  }

  private var endLabels: [EndLabel] {
    thresholds.map {
      EndLabel(
        text: $0.label, anchor: Spot(x: frame.right, y: frame.y(of: $0.value)), line: nil)
    }
      + chart.series.enumerated().compactMap { index, series in
        let last = series.points.compactMap(spot).last
        return last.map { EndLabel(text: series.name, anchor: $0, line: index) }
      }
  }

  private func drawTimes(_ drawing: inout Drawing) {
    drawing.line(
      "chart-base", from: Spot(x: frame.left, y: frame.bottom),
      to: Spot(x: frame.right, y: frame.bottom))
    for seconds in times.marks {
      let mark = Spot(x: frame.x(at: times.share(of: Double(seconds))), y: frame.bottom)
      drawing.line("chart-base", from: mark, to: mark.moved(down: 4))
      drawing.label(TimeAxis.text(seconds), "chart-mark chart-middle", at: mark.moved(down: 15))
    }
  }

  private func path(
    _ path: String, _ kind: String, of series: TimeChart.Series, _ drawing: inout Drawing
  ) {
    guard !path.isEmpty else { return }
    drawing.group("path", ["class": kind, "d": path]) { $0.add("title", [:], text: series.name) }
  }

  private func spot(_ point: TimeChart.Point) -> Spot? {
    guard point.isDrawable else { return nil }
    return Spot(x: frame.x(at: times.share(of: point.seconds)), y: frame.y(of: point.value))
  }

  private func ends(_ interval: TimeChart.Interval) -> (Spot, Spot)? {
    guard let low = spot(interval.low), let high = spot(interval.high) else { return nil }
    return (low, high)
  }
}
