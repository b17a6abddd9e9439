import Charts

extension Examples {
  /// Everything that crowds: lines that end at one place or early, events at one time, names that
  /// are too long, and text that would break the picture if it were not escaped.
  static let crowded = TimeChart(
    title: "<b>\"Crowded\" & 'hostile'</b>\u{0}\u{1B}[31m\u{202E}: " + longTitle,
    description: "Seven lines & more than seven events.", caption: "requests per second",
    series: (0..<7).map(line),
    thresholds: [
      TimeChart.Threshold(label: "limit", value: 15100),
      TimeChart.Threshold(label: "nowhere", value: .nan),
    ],
    events: [
      event("1%", 0), event("10%", 2000), event("approved by ada@example.com", 4000),
      event("25%", 6000), event("50%", 8000), event("100%", 10000),
      event("superseded by 8d2e11", 84000), event("never", .infinity),
    ])

  static let manyBars = BarChart(
    title: "predicted class", description: "Forty classes.",
    caption: "share of answers (%), " + longTitle, referenceName: "stable",
    currentName: "candidate with a name that is far too long for a legend",
    pairs: (0..<40).map(pair))

  static let empty = TimeChart(
    title: "nothing yet", description: "No look has been taken.", caption: "evidence (log e)",
    series: [TimeChart.Series(name: "errors", points: [])])

  private static let longTitle =
    "a title that is far too long for the picture above which it stands, and then some more"

  private static func line(_ index: Int) -> TimeChart.Series {
    let level = Double(index)
    let end: Double = index == 5 ? .infinity : 15000 + level * 40
    return TimeChart.Series(
      name: index == 3 ? "a name that is far too long to stand beside the plot" : "line \(index)",
      points: [
        TimeChart.Point(seconds: 0, value: 12000 - level * 300),
        TimeChart.Point(seconds: .nan, value: 5),
        TimeChart.Point(seconds: 9000, value: 9000 + level * 900),
        TimeChart.Point(seconds: 50000, value: 14000 - level * 500),
        TimeChart.Point(seconds: 90000, value: end),
      ])
  }

  private static func event(_ label: String, _ seconds: Double) -> TimeChart.Event {
    TimeChart.Event(label: label, seconds: seconds)
  }

  private static func pair(_ index: Int) -> BarChart.Pair {
    let current: Double = index == 6 ? .nan : Double(index * 5 % 9)
    return BarChart.Pair(
      label: "class \(index)", reference: Double(index * 7 % 11), current: current)
  }
}
