import Foundation
import Profiles
import Rollouts
import Testing
import Wording

/// Which bins are said to have the answers that differ.
@Suite struct DifferencesReportTests {
  private static func column(_ name: String) -> ProfileColumn {
    ProfileColumn(name: name, kind: .number(edges: [100, 250]), counts: [1, 1, 1, 0])
  }

  /// Of 1000 pairs, with `bins` of one feature: pairs and those that differ.
  private static func report(
    _ differing: Int, _ bins: [(Int, Int)], pairs: Int = 1000
  ) -> DifferencesReport? {
    DifferencesReport(
      pairs: pairs, differing: differing, of: [column("amount")], compared: [bins.map(\.0)],
      different: [bins.map(\.1)])
  }

  /// The clearest bin is told, not the one with the most pairs, nor the one with the largest share of few.
  @Test func theClearestBin() {
    let report = Self.report(50, [(600, 20), (60, 25), (338, 3), (2, 2)])
    #expect(report?.bins == [.init(column: "amount", bin: "100 to 250", pairs: 60, differing: 25)])
    #expect(
      report?.summary == "amount is 100 to 250: 25 of 60 pairs differ; of all 50 of 1000")
  }

  /// Nothing stands out where answers differ everywhere alike, always, never, or twice.
  @Test(
    arguments: [
      (50, [(500, 25), (300, 15), (200, 10), (0, 0)]),
      (50, [(500, 30), (300, 12), (200, 8), (0, 0)]),
      (0, [(500, 0), (500, 0), (0, 0), (0, 0)]), (1000, [(500, 500), (500, 500), (0, 0), (0, 0)]),
      (2, [(990, 0), (10, 2), (0, 0), (0, 0)]),
    ] as [(Int, [(Int, Int)])])
  func nothingStandsOut(differing: Int, bins: [(Int, Int)]) {
    #expect(Self.report(differing, bins) == nil)
  }

  /// Counts that belong to another profile say nothing.
  @Test func otherShapesAreNothing() {
    #expect(Self.report(50, [(600, 20), (60, 25)]) == nil)
    #expect(
      DifferencesReport(
        pairs: 10, differing: 5, of: [Self.column("a")], compared: [], different: []) == nil)
  }

  /// At most five features are told, the clearest first, and of equal ones the first of the profile.
  @Test func fewAreTold() throws {
    let columns = (0..<9).map { Self.column("f\($0)") }
    let compared = columns.indices.map { [60 + ($0 == 7 ? 0 : 10), 900, 0, 0] }
    let different = columns.map { _ in [20, 20, 0, 0] }
    let report = try #require(
      DifferencesReport(
        pairs: 1000, differing: 40, of: columns, compared: compared, different: different))
    #expect(report.bins.map(\.column) == ["f7", "f0", "f1", "f2", "f3"])
    #expect(report.bins.count == DifferencesReport.mostBins)
    #expect(
      report.summary.hasPrefix(
        "f7 is below 100: 20 of 60 pairs differ; f0 is below 100: 20 of 70; f1"))
    let text = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(DifferencesReport.self, from: text) == report)
  }
}
