import Analysis

// The phases in which a candidate has traffic and is on trial, and the watch after them.

extension Rollout {
  /// Takes the requests since the last look into account, once the share is seen in force.
  mutating func count(_ world: Observation) {
    guard let counts = world.counts else { return }
    var arms = ArmCounts(
      counts, candidate: candidate?.id, stable: stable?.id, baseline: baseline?.id)
    // Of a request that was copied the inputs count once, and the copy's answer reached nobody.
    let answered = mayHaveCopies ? arms.withoutCandidate : arms
    exposure.add(answered)
    contest?.noteRequests(counts)
    watchProfile(answered, at: world.now)
    guard phase.isCounting else { return }
    guard checks.countingSince != nil else {
      guard world.generationInForce == generation, !isResting else { return }
      let warm = [
        isWarm(after: arms, at: world.now), areRivalsWarm(after: counts, at: world.now),
      ]
      if warm.allSatisfy(\.self) {
        withChecks { $0.startCounting(at: world.now) }
      }
      return
    }
    if candidate == nil { arms = arms.stableAlone }
    if baselineShare == .none { arms.leaveOutBaseline() }
    checks.look(
      arms, isOnTrial: candidate != nil, route: phase.route, in: phase.step, at: world.now,
      deployment?.drift, entityShare: entityShare,
      isSplitByClient: deployment?.strategy.affinity != nil)
    countRivals(counts, at: world.now)
  }

  /// Whether the candidate may have answered copies since the last look: in a mirror, and after it until the
  /// next share is seen in force.
  private var mayHaveCopies: Bool {
    if phase.route?.isMirror == true { return true }
    guard checks.countingSince == nil, let steps = deployment?.strategy.steps else { return false }
    switch phase {
    case .step(let place, _, _): return steps.prefix(place).last?.route.isMirror == true
    case .baking: return steps.last?.route.isMirror == true
    default: return false
    }
  }

  /// Whether the candidate has had the requests that do not count.
  ///
  /// Where nothing is judged none is waited for, nor where clients choose it: they are few, and come to try it.
  private mutating func isWarm(after arms: ArmCounts, at now: Instant) -> Bool {
    guard candidate != nil, stable != nil, let deployment,
      let each = deployment.analysis.warmUp, phase.step?.isMatch != true,
      !phase.isBaking || deployment.bake > .zero
    else { return true }
    checks.warmUp(arms.candidate.requests, at: now)
    return checks.warmedUp >= each.multiplied(saturating: deployment.replicas ?? 1)
  }

  mutating func look(at place: Int, _ route: Route, _ world: Observation) -> Decision? {
    guard let deployment = judged else { return nil }
    let step = deployment.strategy.step(at: place, route, bake: deployment.bake)
    let judgement = checks.judge(deployment, in: route, at: world.now, world.engine)
    if let decision = rollBackOnFailure(judgement, world) ?? giveBaselineUp(judgement, world)
      ?? hurryBack(judgement, world)
    {
      return decision
    }
    if let decision = keepHours(of: step, judgement, world) { return decision }
    if isResting { return nil }
    if let decision = goOnAfterSteps(route, world) { return decision }
    guard let elapsed = elapsed(at: world.now) else { return wait(judgement, world) }
    let isComparable = checks.goal?.isSplitWrong != true
    if elapsed >= step.atLeast || !isComparable, let decision = holdOnDoubt(judgement, route, world)
    {
      return decision
    }
    let isOverdue = elapsed >= step.atMost
    // Little traffic proves little: without a shadow of evidence a larger share is worth its risk, but
    // not the first client, nor all traffic.
    let isLast = deployment.strategy.place(after: route) == nil
    let isEnough =
      isOverdue && deployment.strategy.mayGoOnUnproven(after: route)
      && checks.isClean(deployment, in: route)
    let isProven = judgement.isProven && (judgement.hasPredictions || !isLast)
    let isAsked = deployment.strategy.asksForSwitch(after: route) && !judgement.isSuspicious
    if elapsed >= step.atLeast, isProven || isEnough || isAsked, mayGoOn(judgement, world) {
      return next(after: route, world, judgement)
    }
    return holdOrGiveUp(judgement, isOverdue, world) { $0.next(after: route, $1, judgement) }
  }

  mutating func bake(_ world: Observation) -> Decision? {
    guard let deployment = judged, endedPeer(world) == nil else { return nil }
    let judgement = checks.judge(deployment, in: phase.step, at: world.now, world.engine)
    if let decision = rollBackOnFailure(judgement, world) { return decision }
    guard let counting = checks.countingSince else { return wait(judgement, world) }
    let elapsed = world.now.since(counting)
    let isFirst = stable == nil
    if elapsed >= deployment.bake, isFirst || deployment.bake == .zero || isBaked(judgement) {
      return complete(world, judgement)
    }
    return isFirst
      ? nil
      : holdOrGiveUp(judgement, elapsed - deployment.bake >= deployment.bake, world) {
        $0.complete($1, judgement)
      }
  }

  /// Whether nothing speaks against a candidate at the end of its bake.
  private func isBaked(_ judgement: Judgement) -> Bool {
    guard let deployment, !judgement.isSuspicious else { return false }
    // Without steps that compare predictions the bake is where they are compared first.
    let isCompared = deployment.strategy.steps.allSatisfy(\.route.isMatch) && phase.route != nil
    // What little evidence a comparison left behind cannot shrink without it: then a proof will do.
    let isProven = baseline != nil && judgement.isProven
    return (isProven || checks.isClean(deployment, in: phase.step))
      && (judgement.hasPredictions || !isCompared)
  }

  /// Rolls back on a failed check or a candidate that is beyond repair.
  mutating func rollBackOnFailure(
    _ judgement: Judgement, _ world: Observation
  ) -> Decision? {
    if judgement.verdicts.contains(.fail) {
      let reports = reports(judgement)
      guard let reason = blame(reports, hasWayBack: stable != nil, world) else { return nil }
      return stable == nil
        ? keepDespite(reason, reports, world) : rollBack(reason, world, reports)
    }
    if let decision = heedPredictions(judgement, world) { return decision }
    if judgement.goal == .worse, let goal = checks.goal?.goal {
      return rollBack(.lost(goal: goal), world, reports(judgement))
    }
    if let breach = sliceBreach(judgement) {
      return rollBack(.sliceBroken(breach: breach), world, reports(judgement))
    }
    if stable != nil, let failure = world.failure(of: candidate) {
      return rollBack(.failed, detail: failure.detail, world, reports(judgement))
    }
    return rollBackUnmatched(world)
  }

  /// Rolls back a candidate that breaks a promise while its baseline has no share, as in the bake.
  ///
  /// Nothing else would: its tests compare, and do not ask for the promise.
  private mutating func rollBackUnmatched(_ world: Observation) -> Decision? {
    guard baseline != nil, baselineShare == .none else { return nil }
    let breaches = checks.breaches()
    return blame(breaches, world).map { rollBack($0, world, breaches) }
  }

  /// A first deployment that fails has nothing to go back to: it serves on, under an alert.
  private mutating func keepDespite(
    _ reason: Reason, _ reports: [CheckReport], _ world: Observation
  ) -> Decision {
    let broken = reports.filter { $0.verdict == .fail }.map(\.objective)
    return decide(.alert, reason, about: candidate, world, checks: reports) { rollout in
      rollout.becomeStable()
      if !world.peers.isEmpty { rollout.brokenFirst = rollout.stable?.id }
      rollout.beginAlert(reason, broken, at: world.now)
    }
  }

  /// Whether neither the split of the requests nor drift stands in the way.
  private func mayGoOn(_ judgement: Judgement, _ world: Observation) -> Bool {
    !checks.isSplitWrong && !isHeldByInputs && !isHeldByPredictions(judgement)
      && !lacksSamples(at: world.now)
  }

  /// Holds when the candidate could go on, but the counts cannot be trusted or speak against it.
  private mutating func holdOnDoubt(
    _ judgement: Judgement, _ route: Route, _ world: Observation
  ) -> Decision? {
    if checks.isSplitWrong { return standStill(splitWrong(judgement, route), judgement, world) }
    if isHeldByInputs { return standStill(.inputsUnlikeProfile, judgement, world) }
    guard judgement.isSuspicious else { return nil }
    return standStill(.evidenceMounts(ground: strongest(judgement, world)), judgement, world)
  }

  private func splitWrong(_ judgement: Judgement, _ route: Route) -> Reason {
    if let goal = checks.goal, goal.isSplitWrong {
      let asked = PerMille(Int((entityShare(of: route.share) * 1000).rounded()))
      return .entitiesSplitWrong(candidate: goal.ofCandidate, of: goal.all, asked: asked)
    }
    let split = reports(judgement).split
    return .splitWrong(candidate: split.candidate, of: split.all, asked: route.share)
  }

  /// What happens to a candidate that neither failed nor was proven: wait, hold, or give up.
  ///
  /// `goOn` is handed the world, of which it would otherwise hold a copy at every look.
  private mutating func holdOrGiveUp(
    _ judgement: Judgement, _ isOverdue: Bool, _ world: Observation,
    goOn: (inout Rollout, Observation) -> Decision?
  ) -> Decision? {
    guard let analysis = deployment?.analysis else { return nil }
    let lacksSamples = lacksSamples(at: world.now)
    let missing = deployment.flatMap { checks.missing($0, in: phase.step, world.now) }
    if let missing = lacksSamples ? .samples : missing {
      let reason = noData(of: missing)
      return analysis.onNoData == .rollback
        ? rollBack(reason, world, reports(judgement)) : standStill(reason, judgement, world)
    }
    if holds.contains(.noData) {
      return decide(.resume, .dataAgain, about: candidate, world) { $0.holds.remove(.noData) }
    }
    guard isOverdue, !holds.contains(.stepsDone), let open = whatIsOpen(judgement, world) else {
      return nil
    }
    switch analysis.onInconclusive {
    // What waits for its group could have gone on: that it takes long is no fault of its own.
    case .rollback where !holds.contains(.group):
      return rollBack(.inconclusive(ground: open), world, reports(judgement))
    case .hold, .rollback:
      // Whatever else it stands still for says more.
      return holds.isSubset(of: [.group])
        ? standStill(.inconclusive(ground: open), judgement, world) : nil
    case .promote:
      return judgement.lacksData || !mayGoOn(judgement, world)
        ? nil : goOn(&self, world)
    }
  }

  /// Says that the manifest asks for more than the steps again, for which a rollout stood still.
  private mutating func goOnAfterSteps(_ route: Route, _ world: Observation) -> Decision? {
    guard holds.contains(.stepsDone), let strategy = deployment?.strategy,
      strategy.atEnd != .hold || strategy.place(after: route) != nil
    else { return nil }
    return decide(.resume, .moreAskedFor, about: candidate, world) { $0.holds.remove(.stepsDone) }
  }

  /// Waits for the traffic that was asked for, as long as a candidate may go without data.
  private mutating func wait(_ judgement: Judgement, _ world: Observation) -> Decision? {
    guard let deployment, let since = checks.waitingSince else { return nil }
    // What is in force and counted lacks the requests that warm it up.
    let isCounted = world.generationInForce == generation && world.counts != nil
    let missing = isCounted ? Reason.Missing.requests : .traffic
    guard world.now.since(since) >= deployment.patience(for: missing, in: phase.step) else {
      return nil
    }
    let reason = noData(of: missing)
    return deployment.analysis.onNoData == .rollback && stable != nil
      ? rollBack(reason, world, reports(judgement))
      : standStill(reason, detail: candidate.flatMap(world.waiting), judgement, world)
  }

  /// Records once that the rollout stands still for this reason.
  mutating func standStill(
    _ reason: Reason, detail: Detail? = nil, _ judgement: Judgement?, _ world: Observation,
    change: (inout Rollout) -> Void = { _ in }
  ) -> Decision? {
    guard let hold = reason.hold, !holds.contains(hold) else { return nil }
    return decide(
      .hold, reason, detail: detail, about: candidate, world,
      checks: judgement.map(reports) ?? []
    ) {
      $0.holds.insert(hold)
      change(&$0)
    }
  }

  private mutating func next(
    after route: Route, _ world: Observation, _ judgement: Judgement
  ) -> Decision? {
    guard let strategy = deployment?.strategy, deployment?.suspended == false, world.mayAdvance
    else { return nil }
    guard let next = strategy.place(after: route) else {
      return strategy.atEnd == .hold
        ? standStill(.stepsDone, judgement, world) : promote(world, judgement)
    }
    guard !isKept(from: .step(place: next + 1), by: world.peers) else {
      return tellOfGroup(judgement, world)
    }
    return goOn(.advance, world, judgement) {
      $0.enter(
        .step(place: next, route: strategy.steps[next].route, since: world.now), at: world.now)
    }
  }

  private mutating func promote(_ world: Observation, _ judgement: Judgement) -> Decision? {
    guard deployment?.suspended == false, world.mayAdvance else { return nil }
    guard !isKept(from: .baking, by: world.peers) else { return tellOfGroup(judgement, world) }
    return goOn(.promote, world, judgement) {
      if let winner = $0.candidate { $0.rejectRivals(.outdone(by: winner.name), at: world.now) }
      $0.enter($0.bakePhase(at: world.now), at: world.now)
    }
  }

  private mutating func complete(_ world: Observation, _ judgement: Judgement) -> Decision? {
    guard let deployment, !deployment.suspended, world.mayAdvance else { return nil }
    guard !isKept(from: .ended, by: world.peers) else { return tellOfGroup(judgement, world) }
    noteCompanions(world)
    guard deployment.bake != .zero else {
      return decide(.complete, .noBake, about: candidate, world) {
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
    let isClean = deployment.map { checks.isClean($0, in: phase.step) } ?? false
    let isAsked = phase.step.map { deployment?.strategy.asksForSwitch(after: $0) == true } ?? false
    let isByPolicy = !judgement.hasPredictions || judgement.goal == .open
    let warrant =
      verdict == .promote && isByPolicy
      ? .policy
      : reports.warrant(
        isFirst: stable == nil, isClean: isClean, isAsked: isAsked,
        hasWon: judgement.goal == .better)
    return decide(
      verdict, .goesOn(warrant: warrant), about: candidate, world, checks: reports, change: change)
  }

  /// That there was nothing to judge by for as long as the manifest accepts.
  private func noData(of missing: Reason.Missing) -> Reason {
    let time = deployment?.patience(for: missing, in: phase.step) ?? .zero
    return .noData(of: missing, milliseconds: time.inMilliseconds)
  }

  func reports(_ judgement: Judgement) -> [CheckReport] {
    judged.map { checks.reports(judgement, $0.analysis) } ?? []
  }
}

extension Deployment {
  /// How long a candidate may go without data.
  ///
  /// Where clients ask for it by a header, they are people who come when they have time: as long as the step lasts,
  /// unless the step says how long.
  func patience(for missing: Reason.Missing, in step: Route?) -> Duration {
    if let own = window(in: step)?.noDataAfter { return own }
    guard missing == .requests, let route = step, route.isMatch else {
      return self.analysis.noDataAfter
    }
    let step = self.strategy.step(at: 0, route, bake: self.bake)
    return max(self.analysis.noDataAfter, step.atMost)
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

  /// What the candidate gets in a step; nil before and after.
  var step: Route? { if case .step(_, let route, _) = self { route } else { nil } }

  var isBaking: Bool { if case .baking = self { true } else { false } }

  var isStep: Bool { if case .step = self { true } else { false } }

  /// What the candidate gets, while stable serves beside it.
  package var route: Route? {
    switch self {
    case .step(_, let route, _): route
    case .baking(let holdback, _):
      holdback == .none ? nil : .split(weight: holdback.complement)
    default: nil
    }
  }
}
