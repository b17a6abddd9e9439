import Analysis
import Rollouts
import Testing

@testable import Control

/// Counters that are behind, as those are which another system has scraped.
@Suite struct LaggingCountersTests {
  /// What was counted before a shift was seen in force is no beginning: more from before it would follow.
  @Test(
    arguments: [
      (9, nil, 0, true), (10, nil, 0, false), (6, 5, 0, false), (5, 5, 0, false), (4, 5, 0, true),
      (4, 5, 1, false), (4, 5, nil, false),
    ] as [(asOf: Int, appliedAt: Int?, inForce: Int?, isAhead: Bool)])
  func countingBeginsAfterTheShift(asOf: Int, appliedAt: Int?, inForce: Int?, isAhead: Bool) {
    var member = Member(rollout: Rollout(name: DeploymentName(name: "iris")))
    member.appliedAt = appliedAt.map(Self.moment)
    let counters = Counters(asOf: Self.moment(asOf), series: [:])
    #expect(member.rollout.generation == 0)
    #expect(member.isAhead(of: counters, inForce: inForce, at: Self.moment(10)) == isAhead)
  }

  /// What is behind of one deployment is nothing to the others, and no data of its own until it has moved on.
  @Test func oneThatIsBehindHoldsUpNobody() {
    let (iris, fraud) = (DeploymentName(name: "iris"), DeploymentName(name: "fraud"))
    let revision = Revision.ID("r1")
    func counters(_ asOf: Int, _ requests: [DeploymentName: Int], behind: Int?) -> Counters {
      let series = requests.mapValues { requests in
        [
          CounterSeries.ID(revision, of: "p"): CounterSeries(
            epoch: "1",
            counts: Counts(
              requests: requests, errors: 0, latency: Histogram(edges: [], counts: [requests])))
        ]
      }
      return Counters(
        asOf: Self.moment(asOf), series: series,
        behind: behind.map { [fraud: Self.moment($0)] } ?? [:])
    }
    var members = [iris, fraud].map { Member(rollout: Rollout(name: $0)) }
    func growth(_ counters: Counters, at now: Int) -> [Int?] {
      members.indices.map {
        members[$0].take(counters, nil, at: Self.moment(now))?[revision]?.requests
      }
    }
    _ = growth(counters(10, [iris: 1, fraud: 1], behind: nil), at: 10)
    #expect(growth(counters(20, [iris: 5, fraud: 9], behind: 10), at: 20) == [4, nil])
    #expect(growth(counters(30, [iris: 5, fraud: 9], behind: 15), at: 30) == [0, 8])
    #expect(growth(counters(90, [iris: 6, fraud: 10], behind: 16), at: 90) == [1, nil])
    #expect(growth(counters(95, [iris: 6, fraud: 12], behind: nil), at: 95) == [0, 3])
  }

  private static func moment(_ second: Int) -> Instant {
    Instant(milliseconds: Int64(second) * 1000)
  }
}
