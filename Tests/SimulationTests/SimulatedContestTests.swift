import Rollouts
import Simulation
import SimulationKit
import Testing

/// A/B tests of several candidates that nobody meets, by the rules of those that clients meet.
@Suite struct SimulatedContestTests {
  /// The best of three takes over in most of them, one that breaks its promise leaves alone, and one seed is one story.
  @Test func theBestWinsAndABadOneLeavesAlone() {
    var winners: [Int?] = []
    for seed in UInt64(1)...12 {
      let first = Self.run([1, 1.5, 1], errors: [0.002, 0.002, 0.05], seed: seed)
      winners.append(first.winner)
      #expect(first.left.map(\.place) == [2], "\(first.left)")
      guard case .broken = first.left.first?.reason else {
        Issue.record("\(first.left)")
        continue
      }
      let again = Self.run([1, 1.5, 1], errors: [0.002, 0.002, 0.05], seed: seed)
      #expect(again.winner == first.winner && again.entities == first.entities)
    }
    #expect(winners.count { $0 == 1 } >= 11, "\(winners)")
  }

  /// Where none is better none takes over, and all that are worse leave.
  @Test func thoseThatAreWorseLeave() {
    for seed in UInt64(1)...6 {
      let all = Self.run([0.6, 0.6], errors: [0.002, 0.002], seed: seed)
      #expect(all.winner == nil && Set(all.left.map(\.place)) == [0, 1] && all.isOver)
      let none = Self.run([1, 1], errors: [0.002, 0.002], seed: seed)
      #expect(none.winner == nil && none.left.isEmpty && none.entities >= 20_000)
    }
  }

  private static func run(
    _ ratios: [Double], errors: [Double], seed: UInt64
  ) -> SimulatedContest {
    let arms = zip(errors, ratios).map { ContestTraffic.Arm(errors: $0, goal: 0.1 * $1) }
    var contest = SimulatedContest(
      .abTest(of: ratios.count, atMost: .seconds(20_000)), stable: .init(errors: 0.002, goal: 0.1),
      candidates: arms)
    var traffic = ContestTraffic(requestsPerSecond: 20, seed: seed)
    contest.run(&traffic, entities: 20_000)
    return contest
  }
}
