import Analysis
import Rollouts
import Testing

/// Which revision is loaded for the way back alone.
@Suite struct ReserveTests {
  /// Stable is, while a candidate bakes with all requests; not before, not with a share that is held back, and not after.
  @Test(
    arguments: [
      ("canary 5%", true), ("canary 5% holdback=10%", false), ("blueGreen", true),
      ("recreate", false),
    ])
  func stableIsWhileACandidateBakes(strategy: String, isReserve: Bool) {
    var world = World()
    for _ in 0..<60 { world.advance("manifest v1 \(strategy)") }
    #expect(world.reserves == [:], "the first has nothing to go back to")
    for _ in 0..<60 { world.advance("manifest v2 \(strategy)") }
    #expect(world.reserves[.baking] == isReserve)
    #expect(world.reserves.filter { $0.key != .baking }.allSatisfy { !$0.value })
  }

  /// A rollout that is told what it wants to hear.
  private struct World {
    var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var now = Instant(milliseconds: 0)
    /// Whether stable was in reserve in each phase beside a candidate.
    var reserves: [Phase.Name: Bool] = [:]

    mutating func advance(_ manifest: String) {
      now = now.advanced(by: .seconds(5))
      let words = manifest.split(separator: " ").map(String.init)
      let plan = rollout.plan
      let counts = plan.shares.map { share in
        let requests = share.weight.value * 100
        return (
          share.revision,
          Counts(
            requests: requests, errors: 0,
            latency: Histogram(edges: [250], counts: [requests, 0]))
        )
      }
      _ = rollout.advance(
        Observation(
          now: now, desired: .deployment(Story.deployment(words)),
          readiness: Dictionary(plan.loaded.map { ($0.id, Readiness.ready) }) { $1 },
          generationInForce: rollout.generation,
          counts: Dictionary(counts) { $1 }))
      guard let stable = rollout.stable, rollout.candidate != nil else { return }
      reserves[rollout.phase.name] = rollout.plan.reserve == stable.id
    }
  }
}
