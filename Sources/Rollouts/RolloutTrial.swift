// The phases in which a candidate has traffic and is on trial, and the watch after them.

extension Rollout {
  /// Takes the requests since the last look into account, once the share is seen in force.
  mutating func count(_ world: Observation) {
    guard let counts = world.counts else { return }
    let stableCounts = stable.flatMap { counts[$0.id] } ?? .none
    let candidateCounts = candidate.flatMap { counts[$0.id] } ?? .none
    exposure.candidate += max(0, candidateCounts.requests)
    exposure.stable += max(0, stableCounts.requests)
    guard phase.isCounting else { return }
    guard checks.countingSince != nil else {
      if world.generationInForce == generation { checks.startCounting(at: world.now) }
      return
    }
    let isOnTrial = candidate != nil
    checks.look(
      candidate: isOnTrial ? candidateCounts : stableCounts,
      stable: isOnTrial ? stableCounts : .none, at: world.now)
  }

  mutating func look(at weight: PerMille, _ world: Observation) -> Decision? {
    guard let deployment else { return nil }
    let step = deployment.strategy.step(at: weight, bake: deployment.bake)
    let reports = checks.reports(deployment.analysis, at: world.now)
    if let decision = condemn(reports, world) { return decision }
    guard let counting = checks.countingSince else { return wait(reports, world) }
    let elapsed = world.now.since(counting)
    if elapsed >= step.atLeast, reports.allPass { return next(after: weight, world, reports) }
    return settle(reports, elapsed >= step.atMost, world) {
      $0.next(after: weight, world, reports)
    }
  }

  mutating func bake(_ world: Observation) -> Decision? {
    guard let deployment else { return nil }
    let reports = checks.reports(deployment.analysis, at: world.now)
    if let decision = condemn(reports, world) { return decision }
    guard let counting = checks.countingSince else { return wait(reports, world) }
    let elapsed = world.now.since(counting)
    let isFirst = stable == nil
    let isEnough = isFirst || deployment.bake == .zero || reports.allPass
    if elapsed >= deployment.bake, isEnough { return complete(world, reports) }
    return isFirst
      ? nil : settle(reports, elapsed >= deployment.bake * 2, world) { $0.complete(world, reports) }
  }

  /// Watches what serves: a breach now is an alert, since nothing is left to go back to.
  mutating func watch(_ world: Observation) -> Decision? {
    guard alert == nil else { return nil }
    if let stable, case .failed(let why) = world.readiness[stable.id] {
      return raise(why, .runtime, world)
    }
    guard let breach = checks.breaches().first else { return nil }
    return decide(.alert, .slo, breach.summary, about: stable, world, checks: checks.breaches()) {
      $0.alert = breach.summary
    }
  }

  /// Says once that what serves is broken and that nothing can be done about it here.
  mutating func raise(_ why: String, _ cause: Decision.Cause, _ world: Observation) -> Decision {
    decide(.alert, cause, why, about: stable, world) { $0.alert = why }
  }

  /// Rolls back on a failed check or a candidate that is beyond repair.
  private mutating func condemn(_ reports: [CheckReport], _ world: Observation) -> Decision? {
    if let failed = reports.first(where: { $0.verdict == .fail }) {
      return stable == nil
        ? keepDespite(failed, reports, world) : rollBack(.slo, failed.summary, world, reports)
    }
    if let candidate, stable != nil, case .failed(let why) = world.readiness[candidate.id] {
      return rollBack(.runtime, why, world, reports)
    }
    return nil
  }

  /// A first deployment that fails has nothing to go back to: it serves on, under an alert.
  private mutating func keepDespite(
    _ failed: CheckReport, _ reports: [CheckReport], _ world: Observation
  ) -> Decision {
    let reason = "\(failed.summary); there is no earlier revision to go back to"
    return decide(.alert, .slo, reason, about: candidate, world, checks: reports) { rollout in
      rollout.becomeStable()
      rollout.alert = failed.summary
    }
  }

  /// What happens to a candidate that was neither condemned nor proven: wait, hold, or give up.
  private mutating func settle(
    _ reports: [CheckReport], _ isOverdue: Bool, _ world: Observation,
    goOn: (inout Rollout) -> Decision?
  ) -> Decision? {
    guard let analysis = deployment?.analysis else { return nil }
    if checks.isBlind(analysis, world.now) {
      let reason = "no requests to judge by for \(analysis.blindAfter.shortDescription)"
      return analysis.onBlind == .rollback
        ? rollBack(.blind, reason, world, reports) : standStill(.blind, reason, reports, world)
    }
    if hold == .blind {
      return decide(.resume, .blind, "requests arrive again", about: candidate, world) {
        $0.hold = nil
      }
    }
    guard isOverdue, let open = reports.first(where: { $0.verdict != .pass }) else { return nil }
    switch analysis.onUndecided {
    case .hold: return standStill(.undecided, open.summary, reports, world)
    case .rollback: return rollBack(.undecided, open.summary, world, reports)
    case .promote: return reports.contains { $0.verdict == .blind } ? nil : goOn(&self)
    }
  }

  /// Waits for the traffic that was asked for, as long as a candidate may go without data.
  private mutating func wait(_ reports: [CheckReport], _ world: Observation) -> Decision? {
    guard let analysis = deployment?.analysis, let since = checks.waitingSince,
      world.now.since(since) >= analysis.blindAfter
    else { return nil }
    let reason = "the traffic asked for is not seen in force, or cannot be counted"
    return analysis.onBlind == .rollback && stable != nil
      ? rollBack(.blind, reason, world, reports) : standStill(.blind, reason, reports, world)
  }

  /// Records once that the rollout stands still, and why.
  private mutating func standStill(
    _ cause: Decision.Cause, _ reason: String, _ reports: [CheckReport], _ world: Observation
  ) -> Decision? {
    guard hold == nil else { return nil }
    return decide(.hold, cause, reason, about: candidate, world, checks: reports) {
      $0.hold = cause
    }
  }

  private mutating func next(
    after weight: PerMille, _ world: Observation, _ reports: [CheckReport]
  ) -> Decision? {
    guard let deployment, !deployment.suspended, world.mayAdvance else { return nil }
    let steps = deployment.strategy.steps
    guard let index = steps.firstIndex(where: { $0.weight > weight }) else {
      return promote(world, reports)
    }
    return decide(.advance, .evidence, reports.reason, about: candidate, world, checks: reports) {
      $0.enter(
        .step(index: index, weight: steps[index].weight, since: world.now), at: world.now)
    }
  }

  private mutating func promote(_ world: Observation, _ reports: [CheckReport]) -> Decision? {
    guard deployment?.suspended == false, world.mayAdvance else { return nil }
    return decide(.promote, .evidence, reports.reason, about: candidate, world, checks: reports) {
      $0.enter(.baking(since: world.now), at: world.now)
    }
  }

  private mutating func complete(_ world: Observation, _ reports: [CheckReport]) -> Decision? {
    guard let deployment, !deployment.suspended, world.mayAdvance else { return nil }
    let reason = deployment.bake == .zero ? "no bake is asked for" : reports.reason
    return decide(.complete, .evidence, reason, about: candidate, world, checks: reports) {
      $0.becomeStable()
    }
  }

  mutating func becomeStable() {
    stable = candidate
    candidate = nil
    phase = .healthy
    checks.reset()
  }
}

extension Strategy {
  /// Returns how long a share lasts.
  ///
  /// A manifest that was edited under a running rollout may not have the share any more: then the
  /// step below it rules, or, when there is none, the candidate goes on as soon as it is proven.
  func step(at weight: PerMille, bake: Duration) -> Step {
    steps.last { $0.weight <= weight } ?? Step(weight: weight, atLeast: .zero, atMost: bake)
  }
}

extension [CheckReport] {
  var allPass: Bool { allSatisfy { $0.verdict == .pass } }

  /// "2 of 2 objectives met over 412 requests: errors 1 of 412 (0.24%), …".
  var reason: String {
    let passed = count { $0.verdict == .pass }
    let requests = map(\.candidate.total).max() ?? 0
    let numbers = map { "\($0.objective.name) \($0.candidate.bad) of \($0.candidate.total)" }
    let summary = "\(passed) of \(count) objectives met over \(requests) requests"
    guard requests > 0 else { return "nobody sent a request to judge by" }
    return isEmpty ? "no objectives to meet" : "\(summary): \(numbers.joined(separator: ", "))"
  }
}

extension Phase {
  /// Whether requests are counted in this phase, once its traffic is in force.
  var isCounting: Bool {
    switch self {
    case .step, .baking, .healthy: true
    default: false
    }
  }
}
