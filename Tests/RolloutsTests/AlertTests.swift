import Foundation
import Randomness
import Rollouts
import Testing

/// When an alert ends, and when it does not.
@Suite struct AlertTests {
  /// A promise that is broken at every look, if only by little, hardly ever counts as kept; one that is
  /// kept does within the hour.
  ///
  /// Requests fail one by one, 250 in a look, 1% is promised.
  @Test(arguments: [(15, 0...0), (2, 20...20)])
  func endsWhenThePromiseIsKept(perThousand: UInt64, expected: ClosedRange<Int>) {
    let ended = (UInt64(0)..<20).count { seed in
      var random = SplitMix64(seed: seed)
      let looks = (0..<720).map { _ in
        "look 5s v1=250/\((0..<250).count { _ in random.next() % 1000 < perThousand })"
      }
      let rollout = Story.run(Self.broken + looks.joined(separator: "\n")).rollout
      return rollout.alert == nil
    }
    #expect(expected.contains(ended), "\(ended) of 20")
  }

  /// What was learnt of an alert survives a restart.
  @Test func stateInTheMiddleRoundTrips() throws {
    let rollout = Story.run(Self.broken + "100 looks 5s v1=250/0").rollout
    #expect(rollout.alert?.cause == .slo)
    let stored = try JSONEncoder().encode(rollout)
    #expect(try JSONDecoder().decode(Rollout.self, from: stored) == rollout)
  }

  /// A version that broke its promise is no way back, until it is shown to keep it.
  @Test func whatBrokeItsPromiseIsNoWayBack() {
    let alerting = Story.run(Self.broken).rollout
    #expect(alerting.proven.isEmpty)
    let well = Story.run(Self.broken + "200 looks 5s v1=250/0").rollout
    #expect(well.alert == nil && well.proven == [Story.revision("v1").id])
  }

  /// v1 completed, and then broke its promise.
  private static let broken = """
    manifest v1 canary 5%,50% bake=0s
    look 0s
    look 1s
    look 1s
    manifest v1 canary 5%,50% bake=600s
    10 looks 5s v1=250/60

    """
}
