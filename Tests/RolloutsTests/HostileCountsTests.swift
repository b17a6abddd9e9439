import Analysis
import Rollouts
import Testing

/// Counters come from outside: whatever they say, nothing traps and nothing passes on it.
@Suite struct HostileCountsTests {
  static let huge = 1 << 53

  @Test(
    arguments: [
      (-5, 0, [0, 0]), (5, -5, [5, 0]), (5, 6, [5, 0]), (0, 1, [0, 0]), (.max, 0, [.max, 0]),
      (.max, .max, [.max, .max]), (.min, .min, [.min, .min]), (huge + 1, 0, [huge + 1, 0]),
      (0, 0, [-5, 5]), (0, 0, []),
    ] as [(Int, Int, [Int])])
  func neverTrapsAndNeverPasses(requests: Int, errors: Int, latency: [Int]) {
    let counts = Counts(
      requests: requests, errors: errors,
      latency: latency.isEmpty ? .empty : Histogram(edges: [250], counts: latency))
    let decisions = decisions(on: counts, looks: 60)
    #expect(!decisions.contains { [.promote, .complete].contains($0.verdict) })
    #expect(decisions.last?.verdict == .hold && decisions.last?.cause == .noData)
  }

  /// The largest counts there can be, all of them good: they are counts like any other.
  @Test func hugeCountsAreCounts() {
    let counts = Counts(
      requests: Self.huge, errors: 0, latency: Histogram(edges: [250], counts: [Self.huge, 0]))
    #expect(decisions(on: counts, looks: 2000).contains { $0.verdict == .promote })
  }

  /// A counter that started again, or went back, counts from where it stands.
  @Test func countersThatGoBack() {
    let before = Counts(
      requests: 100, errors: 4, latency: Histogram(edges: [250], counts: [90, 10]))
    let after = Counts(requests: 7, errors: 0, latency: Histogram(edges: [250], counts: [7, 0]))
    #expect(after.since(before) == after)
    #expect(before.since(after).requests == 93)
  }

  /// The first pair of a revision that was sampled before starts no other count again.
  @Test func pairsComeLater() {
    let before = SampleCounts(requests: 90, features: [[90]], outputs: [])
    let after = SampleCounts(
      requests: 93, pairs: .init(compared: 2, differing: 1), features: [[93]], outputs: [])
    let expected = SampleCounts(
      requests: 3, pairs: .init(compared: 2, differing: 1), features: [[3]], outputs: [])
    #expect(after.since(before) == expected)
    #expect(before.since(after) == before)
  }

  private func decisions(on counts: Counts, looks: Int) -> [Decision] {
    let story = Story.run(
      """
      manifest v1 canary 50% bake=0s latency
      3 looks 1s
      manifest v2 canary 50% latency
      3 looks 1s
      """)
    var rollout = story.rollout
    let start = story.observation([]).now
    return (1...looks).compactMap { look in
      rollout.advance(
        Observation(
          now: start.advanced(by: .seconds(5 * look)), desired: .unchanged,
          readiness: [
            Story.revision("v1").id: .ready, Story.revision("v2").id: .ready,
          ],
          generationInForce: rollout.generation,
          counts: [Story.revision("v1").id: counts, Story.revision("v2").id: counts]))
    }
  }
}
