/// What changed over time: lines with their intervals, thresholds across, events along the way.
///
/// ```
///   title
///   caption        10%        50%     rollback
///   6 ┤             ┊          ┊         ┊
///   4 ┤┄┄┄┄┄┄┄┄┄┄┄┄┄┊┄┄┄┄┄┄┄┄┄┄┊┄┄┄┄┄╱┄┄┄┊┄ rollback at 4.6
///   2 ┤             ┊    ____╱─┊────╱    ┊  ● candidate
///   0 ┼─────────────┴──────────┴─────────┴
///     0s         5m         10m       15m
/// ```
///
/// A chart is a value and its picture a function of it: the same values give the same text. Numbers
/// that cannot be drawn leave a gap.
package struct TimeChart: Equatable, Sendable {
  /// One point of a line.
  package struct Point: Equatable, Sendable {
    /// The time since the beginning, in seconds.
    package let seconds: Double
    package let value: Double

    package init(seconds: Double, value: Double) {
      self.seconds = seconds
      self.value = value
    }
  }

  /// What lies between two values at one time, such as a confidence interval.
  package struct Interval: Equatable, Sendable {
    /// The time since the beginning, in seconds.
    package let seconds: Double
    package let lower: Double
    package let upper: Double

    package init(seconds: Double, lower: Double, upper: Double) {
      self.seconds = seconds
      self.lower = lower
      self.upper = upper
    }
  }

  /// A line, in the order of time, and the band around it.
  package struct Series: Equatable, Sendable {
    package let name: String
    package let points: [Point]
    package let band: [Interval]

    package init(name: String, points: [Point], band: [Interval] = []) {
      self.name = name
      self.points = points
      self.band = band
    }
  }

  /// A horizontal line at a value that means something: "rollback at 4.6".
  package struct Threshold: Equatable, Sendable {
    package let label: String
    package let value: Double

    package init(label: String, value: Double) {
      self.label = label
      self.value = value
    }
  }

  /// A vertical line where something happened: "10%", "rollback".
  package struct Event: Equatable, Sendable {
    package let label: String
    /// The time since the beginning, in seconds.
    package let seconds: Double

    package init(label: String, seconds: Double) {
      self.label = label
      self.seconds = seconds
    }
  }

  package let title: String
  /// What the picture shows, in a sentence or two, for those who cannot see it.
  package let description: String
  /// What the values are, with their unit: "evidence (log e)".
  package let caption: String
  package let series: [Series]
  package let thresholds: [Threshold]
  package let events: [Event]
  package let size: Size

  package init(
    title: String, description: String, caption: String, series: [Series],
    thresholds: [Threshold] = [], events: [Event] = [], size: Size = .standard
  ) {
    self.title = title
    self.description = description
    self.caption = caption
    self.series = series
    self.thresholds = thresholds
    self.events = events
    self.size = size
  }
}
