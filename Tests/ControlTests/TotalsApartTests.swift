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
      let apart = counts.map { (Revision.ID($0.key), CountsApart(others: $0.value)) }
      totals.note(
        Counters(
          epoch: epoch, revisions: [:],
          apart: [Self.iris: Dictionary(uniqueKeysWithValues: apart)]))
      #expect(totals.totals[Self.iris]?.others == total)
    }
  }
}
