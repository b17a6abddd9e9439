import Charts
import Golden
import Testing

@Suite struct ChartTests {
  @Test(
    arguments: [
      ("evidence", Examples.evidence.svg), ("intervals", Examples.intervals.svg),
      ("crowded", Examples.crowded.svg), ("empty", Examples.empty.svg),
      ("bars", Examples.bars.svg), ("many-bars", Examples.manyBars.svg),
    ])
  func pictures(name: String, picture: String) throws { try expectGolden(picture, "\(name).svg") }

  /// Round numbers, as many as fit, that hold all values; exact where floating point is not.
  @Test(
    arguments: [
      (0, 1, "0 0.2 0.4 0.6 0.8 1"), (0, 0, "0 0.2 0.4 0.6 0.8 1"), (-0.3, 5.4, "0 2 4 6"),
      (0.1, 0.35, "0.1 0.15 0.2 0.25 0.3 0.35"), (0, 12000, "0 2000 4000 6000 8000 10k 12k"),
      (5, 5, "4.4 4.6 4.8 5 5.2 5.4 5.6"), (-7, -1, "−7 −6 −5 −4 −3 −2 −1"),
      (0, 2.5e6, "0 500k 1M 1.5M 2M 2.5M"), (1e-5, 9e-5, "0 2e−5 4e−5 6e−5 8e−5 0.0001"),
      (0, 3e12, "0 5e11 1e12 1.5e12 2e12 2.5e12 3e12"),
      (1e15, 1e15 + 1, "9e14 9.5e14 1e15 1.05e15 1.1e15"), (0, 1e99, "0 2e98 4e98 6e98 8e98 1e99"),
      (-1e99, 1e-99, "−1e99 −8e98 −6e98 −4e98 −2e98 0"),
    ] as [(Double, Double, String)])
  func valueMarks(low: Double, high: Double, expected: String) throws {
    let picture = try Picture(Self.chart([(0, low), (60, high)]).svg)
    #expect(picture.texts("chart-mark chart-end").joined(separator: " ") == expected)
  }

  @Test(
    arguments: [
      (0.2, "0s 1s"), (7, "0s 1s 2s 3s 4s 5s 6s 7s"), (60, "0s 10s 20s 30s 40s 50s 1m"),
      (600, "0s 2m 4m 6m 8m 10m"), (5400, "0s 15m 30m 45m 1h 1h15m 1h30m"),
      (86400, "0s 6h 12h 18h 1d"), (10 * 86400, "0s 2d 4d 6d 8d 10d"),
      (1e12, "0s 2000000d 4000000d 6000000d 8000000d 10000000d"),
      (-90, "−1m30s −1m15s −1m −45s −30s −15s 0s"), (1e13, "0s 1s"), (.nan, "0s 1s"),
    ] as [(Double, String)])
  func timeMarks(seconds: Double, expected: String) throws {
    let picture = try Picture(Self.chart([(0, 0), (seconds, 1)]).svg)
    #expect(picture.texts("chart-mark chart-middle").joined(separator: " ") == expected)
  }

  /// A gap for what cannot be drawn, and a dot for a point that stands alone.
  @Test func whatCannotBeDrawnLeavesAGap() throws {
    let line = Self.chart([(0, 0), (1, 1), (2, .nan), (3, 0), (4, .infinity), (.nan, 1), (5, 1)])
    let paths = try Picture(line.svg).paths("chart-line chart-stroke-0")
    #expect(paths.count == 1)
    #expect(paths.first?.split(separator: "M").map { $0.count { $0 == "L" } } == [1, 1, 1])
  }

  /// An interval that stands alone is a bar, which has an area.
  @Test func loneIntervalIsABar() throws {
    let band = [
      TimeChart.Interval(seconds: 5, lower: 1, upper: 2),
      TimeChart.Interval(seconds: 6, lower: .nan, upper: 2),
    ]
    let series = TimeChart.Series(name: "a", points: [.init(seconds: 0, value: 0)], band: band)
    let chart = TimeChart(title: "", description: "", caption: "", series: [series])
    let paths = try Picture(chart.svg).paths("chart-band chart-fill-0")
    #expect(paths.map { $0.count { $0 == "L" } } == [3])
    let places = paths.first?.split { "MLZ".contains($0) }.compactMap {
      $0.split(separator: " ").first
    }
    #expect(Set(places ?? []).count == 2)
  }

  /// A day of looks gives a picture hardly larger than an hour's, with its extremes.
  @Test func longLinesAreThinned() throws {
    var points = (0..<86400).map { (Double($0), Double($0 % 7)) }
    points[40000].1 = 60
    let svg = Self.chart(points).svg
    #expect(svg.utf8.count < 50_000)
    let peak = try #require(Picture(svg).paths("chart-line chart-stroke-0").first)
    let heights = peak.split(separator: "L").compactMap { $0.split(separator: " ").last }
    #expect(heights.compactMap { Double($0) }.count { $0 < 100 } == 1)
  }

  static func chart(_ points: [(Double, Double)]) -> TimeChart {
    TimeChart(
      title: "title", description: "description", caption: "caption",
      series: [
        TimeChart.Series(
          name: "line", points: points.map { TimeChart.Point(seconds: $0, value: $1) })
      ])
  }
}
