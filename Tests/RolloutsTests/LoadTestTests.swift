import Analysis
import Profiles
import Rollouts
import Testing

/// What a candidate must bear before it gets any traffic: when that is asked, and what breaks it.
@Suite struct LoadTestTests {
  static let test = LoadTest(
    requestsPerSecond: 50, duration: .seconds(20), below: 100, slow: Ratio(perMillion: 50_000),
    failed: Ratio(perMillion: 10_000))

  /// Noise above what is promised breaks nothing, and what is not known yet is taken to be good.
  @Test(
    arguments: [
      // done, slow, failed; of 1000
      (1000, 0, 0, nil), (1000, 50, 10, nil), (1000, 60, 14, nil), (1000, 120, 0, .slow),
      (1000, 1000, 0, .slow), (1000, 0, 40, .failed), (1000, 1000, 1000, .failed),
      (30, 30, 0, nil), (120, 120, 0, .slow), (0, 0, 0, nil),
    ] as [(Int, Int, Int, LoadTest.Breach?)])
  func whatBreaksAPromise(done: Int, slow: Int, failed: Int, breach: LoadTest.Breach?) {
    let counts = LoadCounts(done: done, slow: slow, failed: failed)
    #expect(Self.test.breach(of: counts, among: 1000) == breach)
  }

  /// A verdict before the end is the one at the end: counts grow, and what is broken stays broken.
  @Test func whatIsBrokenStaysBroken() {
    let breaches = (0...1000).map {
      Self.test.breach(of: LoadCounts(done: $0, slow: $0), among: 1000) != nil
    }
    #expect(breaches == breaches.sorted { !$0 && $1 })
    #expect(breaches.first == false && breaches.last == true)
  }

  @Test(arguments: [(1, 20, 20, false), (50, 20, 1000, true), (1000, 1, 1000, true)])
  func enoughRequests(rate: Int, seconds: Int, requests: Int, canProve: Bool) {
    let test = LoadTest(
      requestsPerSecond: rate, duration: .seconds(seconds), below: 100,
      slow: Ratio(perMillion: 50_000), failed: Ratio(perMillion: 10_000))
    #expect(test.requests == requests && test.canProve == canProve)
  }

  /// The plan asks for it while the candidate is prepared, and never of what serves.
  @Test func onlyACandidateIsTested() throws {
    var world = World()
    world.follow("manifest v1 canary 5%,50%")
    let first = try #require(world.rollout.candidate)
    #expect(world.rollout.plan.loadTest == LoadTestOrder(revision: first.id, test: Self.test))
    world.look(.ready, at: first)
    #expect(world.rollout.plan.loadTest == nil && world.rollout.plan.reached == [first.id])
    for _ in 0..<20 { world.look(.ready, at: first) }
    #expect(world.rollout.stable == first && world.rollout.phase == .healthy)
    world.follow("manifest v2 canary 5%,50%")
    let second = try #require(world.rollout.candidate)
    #expect(world.rollout.plan.loaded == [first, second])
    #expect(world.rollout.plan.loadTest?.revision == second.id)
    world.look(.ready, at: second)
    #expect(world.rollout.plan.loadTest == nil && world.rollout.plan.reached.contains(second.id))
  }

  /// Its requests are drawn from the profile that the drift settings hold, which is written down once.
  @Test func theProfileOfDriftIsUsed() throws {
    var world = World()
    world.follow("manifest v1 canary 5%,50% inputs=alert")
    #expect(world.rollout.deployment?.loadTest?.features == nil)
    #expect(world.rollout.plan.loadTest?.test.features?.map(\.name) == ["amount"])
  }

  /// A rollout, and what its runtime says of its revisions.
  private struct World {
    var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var now = Instant(milliseconds: 0)
    var readiness: [Revision.ID: Readiness] = [:]

    mutating func follow(_ manifest: String) {
      var deployment = Story.deployment(manifest.split(separator: " ").map(String.init))
      deployment.loadTest = LoadTestTests.test
      advance(.deployment(deployment), [:])
    }

    mutating func look(_ readiness: Readiness, at revision: Revision) {
      self.readiness[revision.id] = readiness
      advance(
        .unchanged,
        [
          revision.id: Counts(
            requests: 1000, errors: 0, latency: Histogram(edges: [250], counts: [1000, 0]))
        ])
    }

    private mutating func advance(_ desired: Desired, _ counts: [Revision.ID: Counts]) {
      now = now.advanced(by: .seconds(5))
      _ = rollout.advance(
        Observation(
          now: now, desired: desired, readiness: readiness,
          generationInForce: rollout.generation, counts: counts, restrictions: []))
    }
  }
}
