import Analysis
import Profiles

// What drift does to a rollout. Predictions are the candidate's own; inputs concern whatever serves.

extension Rollout {
  /// How drift is watched now: as the manifest says while its model is tried or serves, and as was said
  /// of stable after another was given up.
  package var drift: DriftSettings? {
    let isOfManifest =
      candidate != nil || stable == nil || deployment?.revision.id == stable?.id
    return isOfManifest ? deployment?.drift : driftOfStable
  }

  /// The evidence against the candidate: the one number the guarantee is about.
  package var logE: Double { checks.logE(deployment?.drift) }

  /// Compares what was asked, whoever answered, and what is answered by stable alone, with the profile
  /// in force.
  mutating func watchProfile(_ arms: ArmCounts, at now: Instant) {
    // Most deployments watch nothing, and all of them have many looks.
    guard inputs != nil || outputs != nil || deployment?.drift != nil || driftOfStable != nil,
      let analysis = deployment?.analysis
    else { return }
    let (drift, settings) = (drift, analysis.testAlone)
    if inputs?.watches(drift, settings) != true { inputs = ProfileDrift(.inputs, drift, settings) }
    if let drift { inputs?.look(arms.samples, drift, at: now) }
    guard phase == .healthy, let id = stable?.id else { return }
    if outputs?.watches(drift, settings, of: id) != true {
      outputs = ProfileDrift(.outputs, drift, settings, of: id)
    }
    if let drift { outputs?.look([arms.stable.samples].compactMap(\.self), drift, at: now) }
  }

  /// Says that what serves does not answer as its training data did, each day anew, and once that it
  /// does again.
  mutating func tellOfOutputs(_ world: Observation) -> Decision? {
    guard phase == .healthy, let outputs, let drift, drift.outputs != nil else { return nil }
    if outputs.isOver {
      return decide(.resume, .outputsLikeProfile, about: stable, world) { $0.outputs?.forget() }
    }
    guard outputs.isToBeSaid(at: world.now) else { return nil }
    let reason = Reason.outputsMoved(days: outputs.daysSinceSaid(at: world.now))
    return decide(.alert, reason, about: stable, world) { $0.outputs?.say(at: world.now) }
  }

  /// Says that the traffic is no longer what the model was trained on, each day anew, and once that
  /// it is again.
  mutating func tellOfInputs(_ world: Observation) -> Decision? {
    guard let inputs, let gate = drift?.inputs else { return nil }
    if inputs.isOver { return resumeAfterInputs(world) }
    guard inputs.isToBeSaid(at: world.now) else { return nil }
    if gate.action == .rollback, isNewContract {
      return rollBack(.contractMoved, world, checkReports(at: world.now, world.engine))
    }
    let isHeld = !holds.isDisjoint(with: [.suspended, .inputs])
    let stops = gate.action != .alert && phase.isStep && !isHeld
    let reason = Reason.inputsMoved(days: inputs.daysSinceSaid(at: world.now))
    return decide(stops ? .hold : .alert, reason, about: candidate ?? stable, world) { rollout in
      rollout.inputs?.say(at: world.now)
      if stops { rollout.holds.insert(.inputs) }
    }
  }

  private mutating func resumeAfterInputs(_ world: Observation) -> Decision {
    decide(.resume, .inputsLikeProfile, about: candidate ?? stable, world) { rollout in
      rollout.inputs?.forget()
      rollout.holds.remove(.inputs)
    }
  }

  /// Whether the candidate, which has traffic, declares to expect other inputs than stable does.
  private var isNewContract: Bool {
    guard let stable, let candidate, phase.isStep || phase.isBaking else { return false }
    return candidate.model.profile != stable.model.profile
  }

  /// Whether a candidate gets no more traffic because of what is asked.
  var isHeldByInputs: Bool {
    inputs?.isSaid == true && drift?.inputs.map { $0.action != .alert } == true
  }

  /// Whether drift cannot be judged, although there are requests.
  func lacksSamples(at now: Instant) -> Bool {
    deployment.map { checks.lacksSamples($0, in: phase.step, at: now) } ?? false
  }

  /// Whether a candidate gets no more traffic because of what it predicts.
  func isHeldByPredictions(_ judgement: Judgement) -> Bool {
    judgement.predictions == .fail && deployment?.drift?.predictions?.action != .alert
  }

  /// Returns what speaks most clearly against the candidate.
  func strongest(_ judgement: Judgement, _ world: Observation) -> Reason.Ground {
    let worst = reports(judgement).max { $0.logE.total < $1.logE.total }
    let drift = judgement.predictions.flatMap { predictionReport($0, at: world.now) }
    let ofDrift = drift?.action == .rollback ? drift?.logE ?? 0 : 0
    let ofGoal = judgement.goal == nil ? 0 : goalReport(judgement)?.logWorse ?? 0
    let ofSlices = CheckReport.LogE.thousandths(checks.slices?.logE ?? 0)
    let most = max(worst?.logE.total ?? 0, ofDrift)
    if ofSlices > max(most, ofGoal) { return .slices }
    if ofGoal > most { return .goal }
    if ofDrift > worst?.logE.total ?? 0 { return .predictions }
    return worst.map { .objective(name: $0.objective.name) } ?? .predictions
  }

  /// Returns what is still open when a step is over; nil when nothing is.
  func whatIsOpen(_ judgement: Judgement, _ world: Observation) -> Reason.Ground? {
    if let open = judgement.open.first {
      return .objective(name: checks.checks[open].objective.name)
    }
    if !judgement.hasPredictions { return .predictions }
    if judgement.isSuspicious { return strongest(judgement, world) }
    return judgement.goal == .open ? .goal : nil
  }

  /// How an A/B test stands while its step lasts.
  private func goalReport(_ judgement: Judgement) -> GoalReport? {
    guard let step = phase.step, step.isDrawn, let verdict = judgement.goal,
      let alpha = analysis?.alpha
    else { return nil }
    return checks.goal?.report(verdict, alpha: alpha, share: entityShare(of: step.share))
  }

  /// How an A/B test stands and how slices of the requests do, for every decision beside them.
  func comparisons(at now: Instant, _ engine: Engine) -> (goal: GoalReport?, slices: SlicesReport?)
  {
    guard checks.goal != nil || checks.slices != nil, let deployment = judged else {
      return (nil, nil)
    }
    let judgement = checks.judge(deployment, in: phase.step, at: now, engine)
    return (goalReport(judgement), slicesReport(judgement))
  }

  private func slicesReport(_ judgement: Judgement) -> SlicesReport? {
    deployment.flatMap { checks.slices?.report(judgement.slices, $0.analysis.alpha) }
  }

  /// What the worst slice breaks; nil when none fails.
  func sliceBreach(_ judgement: Judgement) -> Reason.SliceBreach? {
    guard !judgement.slices.isEmpty, let report = slicesReport(judgement),
      let worst = report.slices.first, let breach = worst.checks.breach()
    else { return nil }
    return Reason.SliceBreach(
      by: report.asked.by, name: worst.name, objective: breach.objective, share: breach.share,
      others: report.failed - 1)
  }

  /// What prediction drift does when it is found.
  mutating func heedPredictions(_ judgement: Judgement, _ world: Observation) -> Decision? {
    guard judgement.predictions == .fail, let gate = deployment?.drift?.predictions,
      let report = predictionReport(.fail, at: world.now)
    else { return nil }
    let reason = Reason.predictionsMoved(shift: report.moved.first.map(Reason.Shift.init))
    switch gate.action {
    case .rollback: return rollBack(reason, world, reports(judgement))
    case .hold: return standStill(reason, judgement, world)
    case .alert:
      guard checks.predictions?.isSaid == false else { return nil }
      return decide(.alert, reason, about: candidate, world, checks: reports(judgement)) {
        $0.checks.predictions?.isSaid = true
      }
    }
  }

  /// The checks of the candidate, evaluated now.
  func checkReports(at now: Instant, _ engine: Engine) -> [CheckReport] {
    judged.map { reports(checks.judge($0, in: phase.step, at: now, engine)) } ?? []
  }

  /// What is known of drift, for a decision that rests on it or on the checks.
  func driftReports(at now: Instant, _ engine: Engine) -> [DriftReport] {
    let predictions = deployment.flatMap { deployment in
      candidate == nil || checks.predictions == nil
        ? nil : checks.judge(deployment, in: phase.step, at: now, engine).predictions
    }
    let outputs = phase == .healthy ? outputs : nil
    return [
      predictions.flatMap { predictionReport($0, at: now) }, inputReport(at: now),
      drift.flatMap { outputs?.report($0, at: now) },
    ].compactMap(\.self)
  }

  private func predictionReport(_ verdict: CheckVerdict, at now: Instant) -> DriftReport? {
    guard let drift = deployment?.drift, let gate = drift.predictions, let deployment else {
      return nil
    }
    return checks.predictions?.report(
      verdict, gate, of: drift.profile.outputs, look: deployment.analysis.interval, at: now)
  }

  private func inputReport(at now: Instant) -> DriftReport? {
    drift.flatMap { inputs?.report($0, at: now) }
  }
}

extension Rollout {
  /// The rules that looked last; today's where they are not known here.
  private var engine: Engine { Engine.all.rules(of: decisionVersion) ?? .current }

  /// The checks of the candidate, evaluated now by the rules that looked last.
  package func checkReports(at now: Instant) -> [CheckReport] { checkReports(at: now, engine) }

  /// What is known of drift, by the rules that looked last.
  package func driftReports(at now: Instant) -> [DriftReport] { driftReports(at: now, engine) }
}
