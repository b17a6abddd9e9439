/// Elapsed time from left to right, with marks at round times.
struct TimeAxis {
  /// Where the marks are, in seconds.
  let marks: [Int]
  private let start: Double
  private let end: Double

  /// What can be drawn: thirty thousand years.
  static let drawable = -1e12...1e12

  /// Creates an axis from 0, or from the earliest time before it, to the latest time.
  ///
  /// It has at most `largestCount` marks, which is 2 or more.
  init(holding times: [Double], largestCount: Int) {
    let times = times.filter(Self.drawable.contains)
    start = min(0, times.min() ?? 0)
    end = max(times.max() ?? 0, start + 1)
    let step = Self.step(from: start, to: end, largestCount: largestCount)
    marks = Self.multiples(of: step, from: start, to: end).map { $0 * step }
  }

  /// Returns how far along `seconds` lies: 0 at the start, 1 at the end.
  func share(of seconds: Double) -> Double { (seconds - start) / (end - start) }

  /// "0s", "5m", "1h30m", "2d": units that are zero are left out.
  static func text(_ seconds: Int) -> String {
    guard seconds != 0 else { return "0s" }
    let sign = seconds < 0 ? "−" : ""
    var (rest, parts) = (Int(seconds.magnitude), [String]())
    for (unit, length) in [("d", day), ("h", hour), ("m", minute), ("s", 1)] where rest >= length {
      parts.append("\(rest / length)\(unit)")
      rest %= length
    }
    return sign + parts.joined()
  }

  private static let minute = 60
  private static let hour = 3600
  private static let day = 86400

  /// Steps that are round on a clock; longer ones are days by 1, 2 and 5.
  private static let steps =
    [1, 2, 5, 10, 15, 30] + [1, 2, 5, 10, 15, 30].map { $0 * minute }
    + [1, 2, 3, 6, 12, 24].map { $0 * hour }

  private static func step(from start: Double, to end: Double, largestCount: Int) -> Int {
    let onClock = steps.first { multiples(of: $0, from: start, to: end).count <= largestCount }
    if let onClock { return onClock }
    let distance = (end - start) / Double(largestCount - 1)
    return day * Int(AxisStep(atLeast: distance / Double(day)).value)
  }

  private static func multiples(of step: Int, from start: Double, to end: Double) -> Range<Int> {
    let first = Int((start / Double(step)).rounded(.up))
    return first..<Int((end / Double(step)).rounded(.down)) + 1
  }
}
