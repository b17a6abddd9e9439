import Charts
import Foundation
import Golden
import Randomness
import Testing

@Suite struct PanelTests {
  @Test(
    arguments: [
      ("panels", Examples.panels.svg), ("compared-panels", Examples.comparedPanels.svg),
    ])
  func pictures(name: String, picture: String) throws { try expectGolden(picture, "\(name).svg") }

  /// What a reader compares are areas: each is the share of its range, the open ones too.
  @Test func areasAreShares() throws {
    let shares = [0.05, 0.3, 0.15, 0.25, 0.15, 0.1]
    let chart = PanelChart(
      title: "title", description: "description", caption: "caption",
      panels: [Examples.panel("column", Examples.density(shares, [-3, -1, 0, 2, 3]))])
    let paths = try Picture(chart.svg).elements.filter { $0.name == "path" }
    let areas = paths.compactMap { $0.attributes["d"].map(area) }
    let total = areas.reduce(0, +)
    #expect(areas.count == shares.count)
    for (area, share) in zip(areas, shares) { #expect(abs(area / total - share) < 0.005) }
  }

  /// The area within a path of straight lines (the shoelace formula).
  private func area(_ path: String) -> Double {
    let spots = path.split { "MLZ".contains($0) }.map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    let pairs = zip(spots, spots.dropFirst() + spots.prefix(1))
    return abs(pairs.reduce(0) { $0 + $1.0[0] * $1.1[1] - $1.1[0] * $1.0[1] }) / 2
  }

  /// A table of a thousand columns gives a picture of some, which says how many there are more.
  @Test func wideTables() throws {
    let chart = PanelChart(
      title: "wide", description: "description", caption: "caption",
      panels: (0..<1000).map { Examples.panel("column \($0)", Examples.density([0.5, 0.5], [0])) })
    let picture = try Picture(chart.svg)
    #expect(picture.texts("chart-panel").count == 90)
    #expect(picture.texts("chart-caption").last == "and 910 more")
    #expect(picture.elements.allSatisfy { !($0.number("y") > 5000) })
  }

  /// Whatever is in a name or a share, the picture stays one, within its bounds.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func hostilePanels(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let text = "<script>\u{0}\u{202E}]]>&amp;\"'"
    let draw = { Double(bitPattern: generator.next()) }
    let bins = (0..<8).map { _ in PanelChart.Bin(label: text, reference: draw(), current: draw()) }
    let edges = (0..<7).map { _ in draw() }
    let forms: [PanelChart.Form] = [
      .density(bins, edges: edges), .density(bins, edges: edges.filter { !$0.isNaN }.sorted()),
      .ranges(bins, edges: edges.map { "\($0)" }), .ranges(bins, edges: []), .categories(bins),
    ]
    let chart = PanelChart(
      title: text, description: text, caption: text,
      names: PanelChart.Names(reference: text, current: text),
      panels: forms.map { PanelChart.Panel(title: text, note: text, remark: text, form: $0) })
    #expect(!chart.svg.contains("<script"))
    for element in try Picture(chart.svg).elements {
      for (name, limit) in [("x", 720.0), ("y", 720), ("width", 720), ("height", 720)] {
        guard let value = element.attributes[name], !value.hasSuffix("%") else { continue }
        let number = try #require(Double(value))
        #expect((0...limit).contains(number), "\(element)")
      }
    }
  }
}
