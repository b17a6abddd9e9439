// How a rollout changes: every transition goes through `decide`, so none lacks its decision.

extension Rollout {
  /// Enters a phase with a new generation of the plan, and says so.
  mutating func decide(
    _ verdict: Decision.Verdict, _ reason: Reason, detail: Detail? = nil,
    about revision: Revision?,
    _ world: Observation, checks reports: [CheckReport] = [], remarks: [Remark] = [],
    change: (inout Rollout) -> Void
  ) -> Decision {
    let before = self
    let drift =
      reports.isEmpty && reason.cause != .drift ? [] : driftReports(at: world.now, world.engine)
    let (goal, slices) = comparisons(at: world.now, world.engine)
    let arms = armReports(at: world.now, world.engine)
    change(&self)
    // A hold ends with the phase in which it began, but for the manifest's, and what this decision adds.
    if phase != before.phase {
      let added = verdict == .hold || reason.hold == .group ? reason.hold : nil
      holds.subtract(before.holds.subtracting([.suspended]).filter { $0 != added })
      willing = nil
    }
    if !phase.isStep { rest = nil }
    if plan != before.plan || phase != before.phase { generation += 1 }
    let exposed = before.exposure
    exposure = Exposure()
    contest?.forgetRequests()
    return Decision(
      verdict: verdict, reason: reason, detail: detail, from: before.position, to: position,
      revision: revision, checks: reports, drift: drift, goal: goal,
      arms: arms ?? armReports(at: world.now, world.engine), slices: slices,
      group: groupReport(world), exposure: exposed,
      decidedAt: world.now,
      remarks: remarks, crash: world.crash(of: revision, since: before.phase.trialSince))
  }

  /// Gives the candidate up and returns all traffic to stable.
  mutating func rollBack(
    _ reason: Reason, detail: Detail? = nil, _ world: Observation, _ reports: [CheckReport]
  ) -> Decision {
    decide(.rollback, reason, detail: detail, about: candidate, world, checks: reports) { rollout in
      rollout.giveUp(for: reason, detail, at: world.now)
    }
  }

  /// Rejects the candidate, and returns to stable; where others are tried, too, it leaves them alone, or all go.
  mutating func giveUp(for reason: Reason, _ detail: Detail?, at now: Instant) {
    rejectCandidate(reason, detail, at: now)
    guard !hasRivals || !reason.isOfOneArm else { return leaveContest(at: now) }
    rejectRivals(reason, at: now)
    returnToStable(at: now)
  }

  /// Returns to stable when the runtime is ahead of what was recorded.
  ///
  /// Only a retreat takes effect without a record, when the disk is full or broken; if the controller
  /// then dies as well, that decision is lost, and this is what follows it.
  mutating func closeGap(to ahead: Int, _ world: Observation) -> Decision {
    generation = ahead
    return decide(.gap, .ledgerBehind, about: candidate ?? stable, world) { rollout in
      if rollout.candidate != nil { rollout.returnToStable(at: world.now) }
    }
  }

  mutating func returnToStable(at now: Instant) {
    // The first to serve has nothing to go back to: it goes on serving.
    if stable == nil, case .baking = phase { return becomeStable() }
    let wasLoadedAlone = isExclusive && phase.isWithoutStable
    (candidate, baseline, contest) = (nil, nil, nil)
    checks.reset(for: deployment)
    if stable == nil {
      phase = .idle
    } else {
      phase = wasLoadedAlone ? .vacating(arm: .stable, since: now) : .healthy
    }
  }

  mutating func becomeStable() {
    stable = candidate
    driftOfStable = deployment?.drift
    (candidate, baseline, contest) = (nil, nil, nil)
    phase = .healthy
    checks.reset(for: deployment)
  }

  package func rejection(of revision: Revision) -> Rejection? {
    rejected.last { $0.revision.id == revision.id }
  }

  /// Goes on after a time in which nobody looked, which is held against nobody.
  package mutating func wake(at now: Instant) {
    if case .preparing = phase { phase = .preparing(since: now) }
    // Who was ready when somebody looked last may be no more.
    willing = nil
    withChecks { $0.wake(at: now) }
  }
}

extension Phase {
  /// The phase in one word, for metrics: "step" whichever it is.
  package var name: Name {
    switch self {
    case .idle: .idle
    case .vacating: .vacating
    case .preparing: .preparing
    case .step: .step
    case .baking: .baking
    case .healthy: .healthy
    case .restoring: .restoring
    case .retiring: .retiring
    case .retired: .retired
    }
  }

  package enum Name: String, CaseIterable, Sendable, Codable {
    case idle, vacating, preparing, step, baking, healthy, restoring, retiring, retired
  }

  /// Whether an exclusive strategy has unloaded stable in this phase.
  var isWithoutStable: Bool {
    switch self {
    case .vacating, .preparing, .baking: true
    default: false
    }
  }
}
