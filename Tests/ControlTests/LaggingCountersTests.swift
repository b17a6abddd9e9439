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

  private static func moment(_ second: Int) -> Instant {
    Instant(milliseconds: Int64(second) * 1000)
  }
}
