// The phases in which something is being loaded or unloaded.

extension Rollout {
  mutating func vacate(for arm: Arm, _ world: Observation) -> Decision? {
    guard world.isEmpty else { return nil }
    return decide(
      .advance, .runtime, "the old revision is unloaded", about: candidate ?? stable, world
    ) { rollout in
      rollout.phase =
        arm == .candidate ? .preparing(since: world.now) : .restoring(since: world.now)
    }
  }

  mutating func prepare(since: Instant, _ world: Observation) -> Decision? {
    guard let candidate, let deployment else { return nil }
    let isLate = world.now.since(since) >= deployment.prepareWithin
    switch world.readiness[candidate.id] ?? .absent {
    case .ready where lacksBaseline(world): return awaitBaseline(isLate: isLate, world)
    case .ready: return deployment.suspended || !world.mayAdvance ? nil : start(world)
    case .failed(let reason): return reject(reason, world)
    case .absent, .preparing:
      // A candidate that waits for its baseline was ready in time.
      guard isLate, hold != .runtime else { return nil }
      return reject(lateness(of: candidate, deployment, world), world)
    }
  }

  /// Says that a revision is not ready in time, and what it waits for, as the runtime puts it.
  func lateness(
    of revision: Revision, _ deployment: Deployment, _ world: Observation
  ) -> String {
    let limit = "not ready within \(deployment.prepareWithin.shortDescription)"
    guard case .preparing(let what)? = world.readiness[revision.id], !what.isEmpty else {
      return limit
    }
    return "\(limit): \(what)"
  }

  mutating func restore(since: Instant, _ world: Observation) -> Decision? {
    guard let stable else { return nil }
    if alert == nil, let why = world.failure(of: stable) {
      return raise("\(stable) cannot be loaded again: \(why)", .runtime, world)
    }
    if alert == nil, let deployment, world.readiness[stable.id] != .ready,
      world.now.since(since) >= deployment.prepareWithin
    {
      let why = lateness(of: stable, deployment, world)
      return raise("\(stable) cannot be loaded again: \(why)", .runtime, world)
    }
    guard world.readiness[stable.id] == .ready, world.generationInForce == generation else {
      return nil
    }
    return decide(.complete, .runtime, "\(stable) serves again", about: stable, world) {
      $0.phase = .healthy
      $0.alert = nil
    }
  }

  mutating func retire(_ world: Observation) -> Decision? {
    guard world.isEmpty else { return nil }
    return decide(
      .complete, .runtime, "drained and unloaded", about: candidate ?? stable, world
    ) { rollout in
      rollout.phase = .retired
      rollout.stable = nil
      (rollout.candidate, rollout.baseline) = (nil, nil)
      rollout.deployment = nil
      (rollout.alert, rollout.refused) = (nil, nil)
    }
  }

  /// Gives a loaded candidate its first traffic: the first step, or everything.
  private mutating func start(_ world: Observation) -> Decision {
    let first = stable == nil || isReversal(to: candidate) ? nil : deployment?.strategy.steps.first
    let reason = "loaded, ready and answering"
    return decide(first == nil ? .promote : .advance, .runtime, reason, about: candidate, world) {
      $0.enter(
        first.map { .step(index: 0, weight: $0.weight, since: world.now) }
          ?? $0.bakePhase(at: world.now), at: world.now)
    }
  }

  private mutating func reject(_ reason: String, _ world: Observation) -> Decision {
    decide(.reject, .runtime, reason, about: candidate, world) { rollout in
      rollout.rejectCandidate(reason, at: world.now)
      rollout.returnToStable(at: world.now)
    }
  }

  /// The bake of the candidate, with what the manifest holds back when there is anything to hold back
  /// for: a version that comes back in a hurry leaves nothing to the one that it replaces.
  func bakePhase(at now: Instant) -> Phase {
    let isSplit =
      stable != nil && !isExclusive && !isReversal(to: candidate)
      && deployment.map { $0.bake > .zero } == true
    return .baking(holdback: isSplit ? deployment?.holdback ?? .none : .none, since: now)
  }

  /// Enters a phase in which requests are counted.
  mutating func enter(_ phase: Phase, at now: Instant) {
    self.phase = phase
    if alert?.cause == .manifest { alert = nil }
    // A step brings its load at once; in the bake a fault may show at any time.
    let spread = phase.isBaking ? deployment?.bake : nil
    checks.beginStep(at: now, spreadOver: spread ?? .zero)
  }
}

extension Observation {
  /// Whether the runtime has nothing of this deployment left.
  var isEmpty: Bool { readiness.values.allSatisfy { $0 == .absent } }
}

extension Duration {
  /// "30s", "10m", "1h30m", "250ms".
  package var shortDescription: String {
    let milliseconds = inMilliseconds
    guard milliseconds % 1000 == 0, milliseconds != 0 else { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }
}
