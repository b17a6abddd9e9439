import Charts

/// Charts as the golden pictures show them.
enum Examples {
  /// A canary that degrades: the evidence climbs over the bar at its third step.
  static let evidence = TimeChart(
    title: "fraud-detector: evidence against revision 7c41f0",
    description:
      "The evidence stays near zero for nine minutes, then climbs over 4.6: rolled back.",
    caption: "evidence (log e)",
    series: [
      TimeChart.Series(name: "errors", points: points(until: 720) { walk($0, 0.1) }),
      TimeChart.Series(
        name: "latency-p99",
        points: points(until: 720) { walk($0 + 400, 0.2) + max(0, $0 - 540) / 34 }),
    ],
    thresholds: [
      TimeChart.Threshold(label: "rollback at 4.6", value: 4.6),
      TimeChart.Threshold(label: "hold at 2.3", value: 2.3),
    ],
    events: [
      TimeChart.Event(label: "1%", seconds: 5), TimeChart.Event(label: "10%", seconds: 240),
      TimeChart.Event(label: "50%", seconds: 480), TimeChart.Event(label: "rollback", seconds: 705),
    ])

  /// Two arms with their intervals, and a gap in which no data came.
  static let intervals = TimeChart(
    title: "p99 latency", description: "The candidate is slower than stable throughout.",
    caption: "milliseconds",
    series: [
      arm("candidate", 212, 60), arm("stable", 181, 25),
    ],
    thresholds: [TimeChart.Threshold(label: "limit 250ms", value: 250)],
    events: [TimeChart.Event(label: "no data", seconds: 2400)])

  static let bars = BarChart(
    title: "amount: training against last hour",
    description: "Small amounts have become rarer, large ones more frequent.",
    caption: "share of rows (%)", referenceName: "training", currentName: "last hour",
    pairs: zip(bins, zip(training, lastHour)).map {
      BarChart.Pair(label: $0, reference: $1.0, current: $1.1)
    })

  private static let bins = [
    "0–10", "10–20", "20–50", "50–100", "100–200", "200–500", "500–1k", "1k–2k", "≥ 2k", "missing",
  ]
  private static let training = [18.2, 21, 19.4, 15.1, 10.8, 7.5, 4.1, 2.2, 1.5, 0.2]
  private static let lastHour = [9.1, 14, 17.2, 17.5, 15, 11.8, 8, 4.1, 3.1, 0.2]

  private static func points(
    until end: Int, _ value: (Double) -> Double
  ) -> [TimeChart.Point] {
    (0...end / 5).map { look in
      TimeChart.Point(seconds: Double(look * 5), value: value(Double(look * 5)))
    }
  }

  private static func arm(_ name: String, _ level: Double, _ spread: Double) -> TimeChart.Series {
    let looks = (0...90).map { Double($0) * 60 }
    let value = { (seconds: Double) in
      (2400..<3000).contains(seconds) ? .nan : level + 20 * walk(seconds + level, 0.5)
    }
    let width = { (seconds: Double) in spread * (0.4 + 1 / (1 + seconds / 900)) }
    return TimeChart.Series(
      name: name, points: looks.map { TimeChart.Point(seconds: $0, value: value($0)) },
      band: looks.map {
        TimeChart.Interval(
          seconds: $0, lower: value($0) - width($0), upper: value($0) + width($0))
      })
  }

  /// Something restless between −1 and 1 times `size`, with arithmetic only.
  private static func walk(_ seconds: Double, _ size: Double) -> Double {
    size * (wave(seconds / 70) + wave(seconds / 27) + wave(seconds / 11.3)) / 3
  }

  private static func wave(_ turns: Double) -> Double {
    let place = turns.truncatingRemainder(dividingBy: 2) - 1
    return 2 * abs(place) - 1
  }
}
