// Following the manifest: admit, supersede, abort, suspend, decommission.

extension Rollout {
  /// Follows what the repository asks for, when that differs from what is being done.
  mutating func follow(_ desired: Desired, in world: Observation) -> Decision? {
    switch desired {
    case .unchanged: break
    case .removed: return remove(world)
    case .deployment(let wanted):
      if deployment != wanted {
        if deployment?.drift != wanted.drift { withChecks { $0.goal?.beginAnew() } }
        deployment = wanted
        let step = phase.step
        withChecks { $0.adopt(wanted.objectives, in: step) }
        if candidate != nil {
          compareEntities()
          judgeSlices()
        }
      }
    }
    guard let isSuspended = deployment?.suspended, phase != .retiring else { return nil }
    if let decision = suspendOrResume(isSuspended, world) { return decision }
    return pursue(world)
  }

  private mutating func pursue(_ world: Observation) -> Decision? {
    guard let wanted = deployment?.revision else { return nil }
    if phase == .retired { self = Rollout(reviving: self) }
    // What cannot be loaded again must not stand in the way of what can.
    guard !isFollowed, !phase.isReturning || alert != nil else { return nil }
    // Another member has ended on the word of this one, which ends as soon as it may.
    guard endedPeer(world) == nil else { return nil }
    if wanted.id == stable?.id { return candidate == nil ? endRefusal(world) : abort(in: world) }
    let first = deployment.flatMap { field(of: $0).first } ?? wanted
    if let rejection = rejection(of: first), !isTriedAgain(first) {
      return candidate == nil ? refuse(first, rejection, world) : abort(in: world)
    }
    guard deployment?.suspended == false, world.mayAdvance else { return nil }
    if let reason = world.failedPeer { return standAside(for: reason, first, world) }
    return candidate == nil ? admit(first, world) : supersede(with: first, world)
  }

  private mutating func admit(_ revision: Revision, _ world: Observation) -> Decision {
    let remarks = Remark.all(on: revision, replacing: stable)
    return decide(.admit, whyAdmitted(revision), about: revision, world, remarks: remarks) {
      $0.try(revision, at: world.now)
    }
  }

  private func whyAdmitted(_ revision: Revision) -> Reason {
    if let rejection = rejection(of: revision) {
      return .triedAgain(rejectedFor: rejection.reason)
    }
    guard let stable else { return .firstToServe }
    if isReversal(to: revision) { return .comesBack(insteadOf: stable.name) }
    return .replaces(stable: stable.name, withBaseline: makeBaseline(beside: revision) != nil)
  }

  private mutating func supersede(with revision: Revision, _ world: Observation) -> Decision {
    let old = candidate
    let remarks = Remark.all(on: revision, replacing: stable)
    let reason = Reason.supersedes(
      candidate: (old ?? revision).name, atOnce: isReversal(to: revision))
    return decide(.supersede, reason, about: revision, world, remarks: remarks) { rollout in
      if case .baking = rollout.phase, rollout.stable == nil { rollout.stable = old }
      rollout.try(revision, at: world.now)
    }
  }

  private mutating func abort(in world: Observation) -> Decision {
    decide(.abort, .noLongerAskedFor(backTo: stable?.name), about: candidate, world) {
      $0.returnToStable(at: world.now)
    }
  }

  /// Makes `revision` the candidate, which starts from nothing.
  private mutating func `try`(_ revision: Revision, at now: Instant) {
    isExclusive = deployment?.strategy.isExclusive ?? false
    let mustVacate = isExclusive && phase != .idle
    (candidate, contest) = (revision, nil)
    baseline = makeBaseline(beside: revision)
    number += 1
    (refused, brokenFirst) = (nil, nil)
    // That nothing serves is over when something does.
    if alert?.cause != .manifest { alert = nil }
    checks.reset(for: deployment, hasBaseline: baseline != nil)
    if stable != nil, !isReversal(to: revision), deployment?.comparesRevisions == true {
      checks.comparePredictions(deployment?.drift)
    }
    beginRivals()
    compareEntities()
    judgeSlices()
    phase = mustVacate ? .vacating(arm: .candidate, since: now) : .preparing(since: now)
  }

  /// Compares what entities do with both revisions, where that is asked and there are two.
  private mutating func compareEntities() {
    guard !phase.isBaking else { return }
    let isCompared = stable != nil && !isReversal(to: candidate)
    let goal = isCompared ? deployment?.strategy.goal : nil
    withChecks { $0.compareEntities(by: goal) }
  }

  /// Gives each other candidate of an A/B test checks of its own, without evidence.
  private mutating func beginRivals() {
    let field = deployment.map { self.field(of: $0) } ?? []
    contest = field.count > 1 ? Contest(of: field, checks) : nil
  }

  /// Judges slices of the requests by themselves, where that is asked and there is something to compare with.
  private mutating func judgeSlices() {
    checks.judgeSlices(by: stable == nil ? nil : deployment?.slices)
  }

  private mutating func remove(_ world: Observation) -> Decision? {
    guard phase != .retiring, phase != .retired, phase != .idle || deployment != nil,
      world.mayAdvance
    else { return nil }
    return decide(.decommission, .removed, about: candidate ?? stable, world) { rollout in
      rollout.phase = .retiring
      rollout.contest = nil
      rollout.checks.reset(for: rollout.deployment)
    }
  }

  private mutating func suspendOrResume(
    _ isSuspended: Bool, _ world: Observation
  ) -> Decision? {
    // Before the first decision there may be a ledger that has not been seen yet.
    guard number > 0 || world.mayAdvance else { return nil }
    if isSuspended, !holds.contains(.suspended) {
      return decide(.hold, .suspended, about: candidate ?? stable, world) {
        $0.holds.insert(.suspended)
      }
    }
    if !isSuspended, holds.contains(.suspended) {
      return decide(.resume, .noLongerSuspended, about: candidate ?? stable, world) {
        $0.holds.remove(.suspended)
        $0.contest?.counted = .zero
        $0.withChecks {
          $0.pause(at: world.now)
          $0.goal?.beginAnew()
        }
      }
    }
    return nil
  }

  /// Keeps the numbering and the rejections of a deployment whose manifest came back.
  private init(reviving old: Rollout) {
    self.init(name: old.name)
    deployment = old.deployment
    generation = old.generation
    number = old.number
    rejected = old.rejected
    proven = old.proven
    holds = old.holds
    companions = old.companions
    decisionVersion = old.decisionVersion
    checks.reset(for: old.deployment)
  }
}

extension Deployment {
  /// Whether a candidate serves beside stable, in steps or in a bake that holds something back.
  fileprivate var comparesRevisions: Bool {
    !self.strategy.isExclusive && (!self.strategy.steps.isEmpty || self.holdback > .none)
  }
}

extension Phase {
  /// Whether traffic is on its way back to stable: nothing else is begun before it has arrived.
  package var isReturning: Bool {
    switch self {
    case .restoring, .vacating(arm: .stable, since: _): true
    default: false
    }
  }
}
