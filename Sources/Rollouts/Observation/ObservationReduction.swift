import Analysis

extension Observation {
  /// Returns the world without the numbers that no objective asks for.
  ///
  /// What is recorded as evidence is exactly what was decided on, so that whoever reads it later
  /// decides the same.
  package func reduced(for rollout: Rollout) -> Observation {
    var limits = Set(rollout.deployment?.limits ?? [])
    if case .deployment(let deployment) = desired { limits.formUnion(deployment.limits) }
    let known = Set(
      [rollout.stable, rollout.candidate, rollout.baseline].compactMap { $0?.id }
        + (rollout.contest?.rivals.map(\.revision.id) ?? []))
    let relevant = counts?.entries.filter { known.contains($0.revision) }
      .map { ($0.revision, $0.counts.reduced(to: limits)) }
    return Observation(
      now: now, desired: desired, readiness: readiness,
      crashes: crashes.isEmpty ? [:] : crashes.filter { known.contains($0.key) },
      generationInForce: generationInForce, told: relevant.map(RevisionCounts.init(sorted:)),
      restrictions: restrictions, peers: peers, engine: engine)
  }
}

extension Deployment {
  /// The latencies that are promised, in milliseconds.
  fileprivate var limits: [Int] {
    self.objectives.compactMap { objective in
      guard case .latency(_, let below) = objective.promise else { return nil }
      return below
    }
  }
}

extension Counts {
  fileprivate func reduced(to limits: Set<Int>) -> Counts {
    Counts(
      requests: requests, errors: errors, latency: latency.reduced(to: limits), samples: samples)
  }
}
