import Charts
import Foundation
import Randomness
import Testing

@Suite struct ReadabilityTests {
  /// Names beside the plot are never less than a line apart, whatever the lines do.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func namesDoNotOverlap(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let count = Int.random(in: 1...20, using: &generator)
    let chart = TimeChart(
      title: "title", description: "description", caption: "caption",
      series: (0..<count).map { index in
        let end = Double.random(in: 0...3, using: &generator).rounded()
        return TimeChart.Series(
          name: "line \(index)", points: [TimeChart.Point(seconds: 60, value: end)])
      })
    let names = try Picture(chart.svg).elements.filter {
      $0.attributes["class"]?.hasPrefix("chart-name chart-fill") ?? false
    }
    let heights = names.map { $0.number("y") }.sorted()
    #expect(names.count == min(count, 15))
    for (upper, lower) in zip(heights, heights.dropFirst()) { #expect(lower - upper >= 14.8) }
    for height in heights { #expect((62...290).contains(height)) }
  }

  /// No name of an event lies on another, nor on the line of any, and every event has its line.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func eventsDoNotOverlap(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let events = (0..<Int.random(in: 1...12, using: &generator)).map { index in
      TimeChart.Event(
        label: ["10%", "rollback", "approved by ada"][index % 3],
        seconds: .random(in: 0...100, using: &generator).rounded())
    }
    let chart = TimeChart(
      title: "title", description: "description", caption: "caption", series: [], events: events)
    let picture = try Picture(chart.svg)
    let (names, lines) = (picture.elements("chart-name"), picture.elements("chart-event"))
    #expect(lines.count == events.count)
    for name in names {
      let (start, end) = (name.number("x"), name.number("x") + Double(name.text.count) * 6)
      let row = name.number("y") - 4
      for other in names where other.number("y") == name.number("y") {
        #expect(other.number("x") <= start || other.number("x") > end)
      }
      for line in lines where line.number("y1") <= row {
        #expect(line.number("x1") < start || line.number("x1") > end)
      }
    }
  }

  /// Whatever is in a name, the picture stays one, and says the name without what cannot be seen.
  @Test(
    arguments: [
      ("<script>alert('1')</script>", "<script>alert('1')</script>"), ("a & \"b\"", "a & \"b\""),
      ("]]>", "]]>"), ("&amp;", "&amp;"), ("a\u{0}b\u{1B}[31m\n\u{7F}c", "ab[31mc"),
      ("a\u{202E}b\u{200B}\u{FEFF}c", "abc"), ("\u{FFFE}\u{FFFF}", ""), ("数据 é 🚀", "数据 é 🚀"),
    ])
  func hostileText(text: String, shown: String) throws {
    let time = TimeChart(
      title: text, description: text, caption: text,
      series: [TimeChart.Series(name: text, points: [TimeChart.Point(seconds: 0, value: 0)])],
      thresholds: [TimeChart.Threshold(label: text, value: 0)],
      events: [TimeChart.Event(label: text, seconds: 0)])
    let bars = BarChart(
      title: text, description: text, caption: text, referenceName: text, currentName: text,
      pairs: [BarChart.Pair(label: text, reference: 1, current: 1)])
    for svg in [time.svg, bars.svg] {
      let picture = try Picture(svg)
      #expect(picture.elements.first { $0.name == "title" }?.text == shown)
      #expect(picture.elements.first { $0.name == "desc" }?.text == shown)
      #expect(!svg.contains("<script"))
    }
  }

  /// No number of any size stops the picture or ends up in it as something that is no number.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func hostileNumbers(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let draw = { Double(bitPattern: generator.next()) }
    let points = (0..<30).map { _ in TimeChart.Point(seconds: draw() / 1e150, value: draw()) }
    let band = (0..<30).map { _ in
      TimeChart.Interval(seconds: draw() / 1e150, lower: draw(), upper: draw())
    }
    let chart = TimeChart(
      title: "title", description: "description", caption: "caption",
      series: [TimeChart.Series(name: "line", points: points, band: band)],
      thresholds: [TimeChart.Threshold(label: "threshold", value: draw())],
      events: [TimeChart.Event(label: "event", seconds: draw())])
    let bars = BarChart(
      title: "title", description: "description", caption: "caption", referenceName: "was",
      currentName: "is",
      pairs: (0..<30).map { BarChart.Pair(label: "\($0)", reference: draw(), current: draw()) })
    for element in try Picture(chart.svg).elements + Picture(bars.svg).elements {
      for name in ["x", "y", "x1", "y1", "x2", "y2", "cx", "cy"] {
        guard let text = element.attributes[name] else { continue }
        let number = try #require(Double(text))
        #expect((0...720).contains(number), "\(element)")
      }
    }
  }

  /// Names are written in the colours of their lines, so each must be readable on its ground: a
  /// contrast of 4.5, as WCAG 2 asks of text.
  @Test func colorsCanBeRead() throws {
    let style = try #require(try Picture(Examples.empty.svg).elements.first { $0.name == "style" })
    let themes = style.text.components(separatedBy: "@media")
    #expect(themes.count == 2)
    for theme in themes {
      let surface = try #require(theme.firstMatch(of: /chart-surface \{ fill: #(\w{6})/)?.1)
      let inks = theme.matches(of: /(?:text|caption|fill-\d) \{ fill: #(\w{6})/).map(\.1)
      #expect(inks.count == 8)
      for ink in inks { #expect(try contrast(ink, surface) >= 4.5, "\(ink) on \(surface)") }
    }
  }

  private func contrast(_ left: Substring, _ right: Substring) throws -> Double {
    let luminances = try [luminance(left), luminance(right)].sorted()
    return (luminances[1] + 0.05) / (luminances[0] + 0.05)
  }

  private func luminance(_ color: Substring) throws -> Double {
    let number = try #require(Int(color, radix: 16))
    let channels = [number >> 16, number >> 8 & 255, number & 255].map { channel in
      let share = Double(channel) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }
}
