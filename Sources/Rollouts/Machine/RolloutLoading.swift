// The phases in which something is being loaded or unloaded.

extension Rollout {
  mutating func vacate(for arm: Arm, _ world: Observation) -> Decision? {
    guard world.isEmpty else { return nil }
    return decide(.advance, .unloaded, about: candidate ?? stable, world) { rollout in
      rollout.phase =
        arm == .candidate ? .preparing(since: world.now) : .restoring(since: world.now)
    }
  }

  mutating func prepare(since: Instant, _ world: Observation) -> Decision? {
    guard let candidate, let deployment else { return nil }
    let isReady = world.readiness[candidate.id] == .ready
    if isReady, !world.peers.isEmpty { lastReady = world.now }
    // What was ready and waits for its group has as long to get ready again.
    let begun = max(since, lastReady ?? since)
    let isLate = world.now.since(begun) >= deployment.prepareWithin
    switch world.readiness[candidate.id] ?? .absent {
    case .ready where lacksBaseline(world): return awaitBaseline(isLate: isLate, world)
    case .ready: return deployment.suspended || !world.mayAdvance ? nil : start(world)
    case .failed(let why): return reject(.failed, Detail(why), world)
    case .absent, .preparing:
      // A candidate that waits for its baseline was ready in time.
      guard isLate, !holds.contains(.baseline) else { return nil }
      return reject(deployment.notReady, world.waiting(candidate), world)
    }
  }

  mutating func restore(since: Instant, _ world: Observation) -> Decision? {
    guard let stable else { return nil }
    if alert == nil, let failure = world.failure(of: stable) {
      return raise(.notRestored(obstacle: .failed), failure.detail, world)
    }
    if alert == nil, let deployment, world.readiness[stable.id] != .ready,
      world.now.since(since) >= deployment.prepareWithin
    {
      return raise(.notRestored(obstacle: deployment.notReady), world.waiting(stable), world)
    }
    guard world.readiness[stable.id] == .ready, world.generationInForce == generation else {
      return nil
    }
    return decide(.complete, .servesAgain, about: stable, world) {
      $0.phase = .healthy
      $0.alert = nil
    }
  }

  mutating func retire(_ world: Observation) -> Decision? {
    guard world.isEmpty else { return nil }
    return decide(.complete, .drained, about: candidate ?? stable, world) { rollout in
      rollout.phase = .retired
      rollout.stable = nil
      (rollout.candidate, rollout.baseline, rollout.contest) = (nil, nil, nil)
      rollout.deployment = nil
      (rollout.alert, rollout.refused) = (nil, nil)
    }
  }

  /// Gives a loaded candidate its first traffic: the first step, or everything.
  ///
  /// The first to serve has no client to lose: it waits for a group's first step only.
  private mutating func start(_ world: Observation) -> Decision? {
    let first = stable == nil || isReversal(to: candidate) ? nil : deployment?.strategy.steps.first
    let stage: Stage = stable == nil || first != nil ? .step(place: 1) : .baking
    guard !isKept(from: stage, by: world.peers) else { return tellOfGroup(nil, world) }
    return decide(first == nil ? .promote : .advance, .loaded, about: candidate, world) {
      $0.beginContest()
      $0.enter(
        first.map { .step(place: 0, route: $0.route, since: world.now) }
          ?? $0.bakePhase(at: world.now), at: world.now)
    }
  }

  private mutating func reject(
    _ obstacle: Reason.Obstacle, _ detail: Detail?, _ world: Observation
  ) -> Decision {
    decide(.reject, .notLoaded(obstacle: obstacle), detail: detail, about: candidate, world) {
      rollout in
      rollout.giveUp(for: .notLoaded(obstacle: obstacle), detail, at: world.now)
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
    let step = phase.step
    withChecks { $0.beginStep(step, at: now, spreadOver: spread ?? .zero) }
    contest?.counted = .zero
    if phase.isBaking {
      checks.goal?.end()
      contest?.rivals = []
    }
    beginHours(at: now)
  }
}

extension Deployment {
  /// That a revision is not ready in time.
  var notReady: Reason.Obstacle {
    .notReady(withinMilliseconds: self.prepareWithin.inMilliseconds)
  }
}

extension Observation {
  /// What a revision that is not ready waits for, as the runtime puts it.
  func waiting(_ revision: Revision) -> Detail? {
    guard case .preparing(let what)? = readiness[revision.id] else { return nil }
    return Detail(what)
  }

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
