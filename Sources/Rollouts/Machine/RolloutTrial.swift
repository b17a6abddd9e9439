// The phases in which a candidate has traffic and is on trial, and the watch after them.

extension Rollout {
  /// Takes the requests since the last look into account, once the share is seen in force.
  mutating func count(_ world: Observation) {
    guard let counts = world.counts else { return }
    var arms = ArmCounts(
      counts, candidate: candidate?.id, stable: stable?.id, baseline: baseline?.id)
    exposure.add(arms)
    watchProfile(arms, at: world.now)
    guard phase.isCounting else { return }
    guard checks.countingSince != nil else {
      if world.generationInForce == generation { checks.startCounting(at: world.now) }
      return
    }
    if candidate == nil { arms = arms.stableAlone }
    if baselineShare == .none { arms.leaveOutBaseline() }
    checks.look(
      arms, isOnTrial: candidate != nil, share: phase.share, at: world.now, deployment?.drift)
  }

  mutating func look(at weight: PerMille, _ world: Observation) -> Decision? {
    guard let deployment else { return nil }
    let step = deployment.strategy.step(at: weight, bake: deployment.bake)
    let judgement = checks.judge(deployment, at: world.now)
    if let decision = condemn(judgement, world) ?? giveBaselineUp(judgement, world)
      ?? hurryBack(judgement, world)
    {
      return decision
    }
    guard let counting = checks.countingSince else { return wait(judgement, world) }
    let elapsed = world.now.since(counting)
    if elapsed >= step.atLeast, let decision = doubt(judgement, at: weight, world) {
      return decision
    }
    let isOverdue = elapsed >= step.atMost
    // Little traffic proves little: without a shadow of evidence a larger share is worth its risk, but
    // not all traffic.
    let isLast = !deployment.strategy.hasStep(after: weight)
    let isEnough = isOverdue && !isLast && checks.isClean(deployment.analysis)
    let isProven = judgement.isProven && (judgement.hasPredictions || !isLast)
    if elapsed >= step.atLeast, isProven || isEnough, mayGoOn(judgement, world) {
      return next(after: weight, world, judgement)
    }
    return settle(judgement, isOverdue, world) { $0.next(after: weight, $1, judgement) }
  }

  mutating func bake(_ world: Observation) -> Decision? {
    guard let deployment else { return nil }
    let judgement = checks.judge(deployment, at: world.now)
    if let decision = condemn(judgement, world) { return decision }
    guard let counting = checks.countingSince else { return wait(judgement, world) }
    let elapsed = world.now.since(counting)
    let isFirst = stable == nil
    if elapsed >= deployment.bake, isFirst || deployment.bake == .zero || isBaked(judgement) {
      return complete(world, judgement)
    }
    return isFirst
      ? nil
      : settle(judgement, elapsed - deployment.bake >= deployment.bake, world) {
        $0.complete($1, judgement)
      }
  }

  /// Whether nothing speaks against a candidate at the end of its bake.
  private func isBaked(_ judgement: Judgement) -> Bool {
    guard let deployment, !judgement.isSuspicious else { return false }
    // Without steps the bake is where predictions are compared first.
    let isCompared = deployment.strategy.steps.isEmpty && phase.share != nil
    // What little evidence a comparison left behind cannot shrink without it: then a proof will do.
    let isProven = baseline != nil && judgement.isProven
    return (isProven || checks.isClean(deployment.analysis))
      && (judgement.hasPredictions || !isCompared)
  }

  /// Rolls back on a failed check or a candidate that is beyond repair.
  private mutating func condemn(_ judgement: Judgement, _ world: Observation) -> Decision? {
    if judgement.verdicts.contains(.fail) {
      let reports = reports(judgement)
      let (cause, reason) = blame(reports, saying: reports.whyItFailed, world)
      return stable == nil
        ? keepDespite(cause, reason, reports, world) : rollBack(cause, reason, world, reports)
    }
    if let decision = heedPredictions(judgement, world) { return decision }
    if stable != nil, let why = world.failure(of: candidate) {
      return rollBack(.runtime, why, world, reports(judgement))
    }
    return condemnUnmatched(world)
  }

  /// Rolls back a candidate that breaks a promise while its baseline has no share, as in the bake.
  ///
  /// Nothing else would: its tests compare, and do not ask for the promise.
  private mutating func condemnUnmatched(_ world: Observation) -> Decision? {
    guard baseline != nil, baselineShare == .none else { return nil }
    let breaches = checks.breaches()
    guard let breach = breaches.first else { return nil }
    let (cause, reason) = blame(breaches, saying: breach.summary, world)
    return rollBack(cause, reason, world, breaches)
  }

  /// A first deployment that fails has nothing to go back to: it serves on, under an alert.
  private mutating func keepDespite(
    _ cause: Decision.Cause, _ reason: String, _ reports: [CheckReport], _ world: Observation
  ) -> Decision {
    let broken = reports.filter { $0.verdict == .fail }.map(\.objective)
    return decide(
      .alert, cause, "\(reason); there is no earlier revision to go back to", about: candidate,
      world, checks: reports
    ) { rollout in
      rollout.becomeStable()
      rollout.beginAlert(reason, broken, at: world.now)
    }
  }

  /// Whether neither the split of the requests nor drift stands in the way.
  private func mayGoOn(_ judgement: Judgement, _ world: Observation) -> Bool {
    !checks.isSplitWrong && !isHeldByInputs && !isHeldByPredictions(judgement)
      && !isStarved(at: world.now)
  }

  /// Holds when the candidate could go on, but the counts cannot be trusted or speak against it.
  private mutating func doubt(
    _ judgement: Judgement, at weight: PerMille, _ world: Observation
  ) -> Decision? {
    if checks.isSplitWrong {
      let reason = "the candidate got \(reports(judgement).split) instead of \(weight)"
      return standStill(.runtime, reason, judgement, world)
    }
    if isHeldByInputs {
      let reason = "the inputs are not what the model was trained on"
      return standStill(.drift, reason, judgement, world)
    }
    guard judgement.isSuspicious else { return nil }
    return standStill(.evidence, whatMounts(judgement, at: world.now), judgement, world)
  }

  /// What happens to a candidate that was neither condemned nor proven: wait, hold, or give up.
  ///
  /// `goOn` is handed the world, of which it would otherwise hold a copy at every look.
  private mutating func settle(
    _ judgement: Judgement, _ isOverdue: Bool, _ world: Observation,
    goOn: (inout Rollout, Observation) -> Decision?
  ) -> Decision? {
    guard let analysis = deployment?.analysis else { return nil }
    let isStarved = isStarved(at: world.now)
    if isStarved || checks.isBlind(analysis, world.now) {
      let reason =
        isStarved
        ? "no samples to judge drift by for \(analysis.blindAfter.shortDescription)"
        : "no requests to judge by for \(analysis.blindAfter.shortDescription)"
      return analysis.onBlind == .rollback
        ? rollBack(.blind, reason, world, reports(judgement))
        : standStill(.blind, reason, judgement, world)
    }
    if hold == .blind {
      return decide(
        .resume, .blind, "there is something to judge by again", about: candidate, world
      ) {
        $0.hold = nil
      }
    }
    guard isOverdue, hold == nil || analysis.onUndecided != .hold,
      let reason = whatIsOpen(judgement, at: world.now)
    else { return nil }
    switch analysis.onUndecided {
    case .hold: return standStill(.undecided, reason, judgement, world)
    case .rollback: return rollBack(.undecided, reason, world, reports(judgement))
    case .promote:
      return judgement.verdicts.contains(.blind) || !mayGoOn(judgement, world)
        ? nil : goOn(&self, world)
    }
  }

  /// Waits for the traffic that was asked for, as long as a candidate may go without data.
  private mutating func wait(_ judgement: Judgement, _ world: Observation) -> Decision? {
    guard let analysis = deployment?.analysis, let since = checks.waitingSince,
      world.now.since(since) >= analysis.blindAfter
    else { return nil }
    let reason = "the traffic asked for is not seen in force, or cannot be counted"
    return analysis.onBlind == .rollback && stable != nil
      ? rollBack(.blind, reason, world, reports(judgement))
      : standStill(.blind, reason, judgement, world)
  }

  /// Records once that the rollout stands still, and why.
  mutating func standStill(
    _ cause: Decision.Cause, _ reason: String, _ judgement: Judgement?, _ world: Observation
  ) -> Decision? {
    guard hold == nil else { return nil }
    return decide(
      .hold, cause, reason, about: candidate, world, checks: judgement.map(reports) ?? []
    ) { $0.hold = cause }
  }

  private mutating func next(
    after weight: PerMille, _ world: Observation, _ judgement: Judgement
  ) -> Decision? {
    guard let deployment, !deployment.suspended, world.mayAdvance else { return nil }
    let steps = deployment.strategy.steps
    guard let index = steps.firstIndex(where: { $0.weight > weight }) else {
      return promote(world, judgement)
    }
    return goOn(.advance, world, judgement) {
      $0.enter(
        .step(index: index, weight: steps[index].weight, since: world.now), at: world.now)
    }
  }

  private mutating func promote(_ world: Observation, _ judgement: Judgement) -> Decision? {
    guard deployment?.suspended == false, world.mayAdvance else { return nil }
    return goOn(.promote, world, judgement) {
      $0.enter($0.bakePhase(at: world.now), at: world.now)
    }
  }

  private mutating func complete(_ world: Observation, _ judgement: Judgement) -> Decision? {
    guard let deployment, !deployment.suspended, world.mayAdvance else { return nil }
    guard deployment.bake != .zero else {
      return decide(.complete, .evidence, "no bake is asked for", about: candidate, world) {
        $0.becomeProven()
      }
    }
    return goOn(.complete, world, judgement) { $0.becomeProven() }
  }

  private mutating func goOn(
    _ verdict: Decision.Verdict, _ world: Observation, _ judgement: Judgement,
    change: (inout Rollout) -> Void
  ) -> Decision {
    let reports = reports(judgement)
    let isClean = deployment.map { checks.isClean($0.analysis) } ?? false
    let reason = whyItGoesOn(verdict, reports, isClean: isClean, judgement, at: world.now)
    return decide(
      verdict, .evidence, reason, about: candidate, world, checks: reports, change: change)
  }

  func reports(_ judgement: Judgement) -> [CheckReport] {
    deployment.map { checks.reports(judgement, $0.analysis) } ?? []
  }

  mutating func becomeStable() {
    stable = candidate
    driftOfStable = deployment?.drift
    (candidate, baseline) = (nil, nil)
    phase = .healthy
    checks.reset(for: deployment)
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

  func hasStep(after weight: PerMille) -> Bool { steps.contains { $0.weight > weight } }
}

extension Phase {
  /// Whether requests are counted in this phase, once its traffic is in force.
  var isCounting: Bool {
    switch self {
    case .step, .baking, .healthy: true
    default: false
    }
  }

  var isBaking: Bool { if case .baking = self { true } else { false } }

  var isStep: Bool { if case .step = self { true } else { false } }

  /// The candidate's share, while the traffic is split.
  var share: PerMille? {
    switch self {
    case .step(_, let weight, _): weight
    case .baking(let holdback, _): holdback == .none ? nil : holdback.complement
    default: nil
    }
  }
}
