import Rollouts
import Testing

@testable import Control

/// What is shown and is no evidence only grows, whatever the counters do.
@Suite struct TotalsApartTests {
  static let iris = DeploymentName(namespace: "default", name: "iris")

  /// A revision goes, another comes, counters start again: at their own word or by an epoch.
  @Test func totalsOnlyGrow() {
    var totals = TotalsApart()
    let readings: [(epoch: String, counts: [String: Int], total: Int)] = [
      ("1", ["a": 5], 5), ("1", ["a": 7, "b": 1], 8), ("1", ["a": 7, "b": 1], 8),
      ("1", ["b": 4], 11),
      ("1", ["b": 1], 12), ("2", ["b": 3], 15), ("2", [:], 15), ("2", ["a": 2], 17),
    ]
    for (epoch, counts, total) in readings {
      let series = counts.map { revision, count in
        (
          CounterSeries.ID(Revision.ID(revision), of: "envoy"),
          CounterSeries(epoch: epoch, counts: .none, apart: CountsApart(others: count))
        )
      }
      totals.note(
        Counters(
          asOf: Instant(milliseconds: 0),
          series: [Self.iris: Dictionary(uniqueKeysWithValues: series)]))
      #expect(totals.totals[Self.iris]?.others == total)
    }
  }

  /// A pod that starts again adds what it has counted since, whatever the other one says; one that was away adds what is new.
  @Test func sourcesStartAgainByThemselves() {
    var totals = TotalsApart()
    func note(_ one: (String, Int)?, _ two: (String, Int)) -> Int? {
      let series = [("one", one), ("two", two)].compactMap { source, now in
        now.map {
          (
            CounterSeries.ID(Revision.ID("a"), of: source),
            CounterSeries(epoch: $0.0, counts: .none, apart: CountsApart(others: $0.1))
          )
        }
      }
      totals.note(
        Counters(
          asOf: Instant(milliseconds: 0),
          series: [Self.iris: Dictionary(uniqueKeysWithValues: series)]))
      return totals.totals[Self.iris]?.others
    }
    #expect(note(("1", 100), ("1", 50)) == 150)
    #expect(note(("2", 3), ("1", 52)) == 155)
    #expect(note(("2", 3), ("1", 52)) == 155)
    #expect(note(nil, ("1", 53)) == 156)
    #expect(note(("2", 4), ("1", 53)) == 157)
    #expect(note(nil, ("1", 53)) == 157)
    #expect(note(("3", 2), ("1", 53)) == 159)
  }
}
