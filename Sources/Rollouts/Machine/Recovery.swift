import Analysis

// How an alert ends: what was broken is shown to be well again.

/// The evidence that a promise which was broken is kept again.
package struct Recovery: Equatable, Sendable, Codable {
  fileprivate(set) var proof: Proof
  /// Since when there is nothing but evidence for it.
  let since: Instant
}

extension Rollout {
  /// Watches what serves: a breach now is an alert, since nothing is left to go back to.
  mutating func watch(_ world: Observation) -> Decision? {
    if let alert { return recover(from: alert, world) }
    if let failure = world.failure(of: stable) { return raise(.failed, failure.detail, world) }
    let breaches = checks.breaches()
    guard let breach = breaches.breach() else { return nil }
    return decide(.alert, .broken(breach: breach), about: stable, world, checks: breaches) {
      rollout in
      rollout.beginAlert(.broken(breach: breach), rollout.checks.broken, at: world.now)
    }
  }

  /// Says once that what serves is broken and that nothing can be done about it here.
  mutating func raise(_ reason: Reason, _ detail: Detail?, _ world: Observation) -> Decision {
    decide(.alert, reason, detail: detail, about: stable, world) {
      $0.alert = Alert(reason: reason, detail: detail, since: world.now)
    }
  }

  /// Begins an alert about promises, and the search for what ends it.
  mutating func beginAlert(_ reason: Reason, _ broken: [Objective], at now: Instant) {
    alert = Alert(reason: reason, detail: nil, since: now)
    checks.watchAnew(after: broken, at: now)
    if let stable { notProven(stable.id) }
  }

  private mutating func recover(from alert: Alert, _ world: Observation) -> Decision? {
    switch alert.reason {
    case .broken: recoverPromises(world)
    case .failed, .notRestored: recoverServer(world)
    default: nil
    }
  }

  /// Ends an alert when every promise that was broken has been kept for a bake, and is shown to be.
  ///
  /// The bake is what a team says a fault may take to show: so an alert and its end come at most once in
  /// that time.
  private mutating func recoverPromises(_ world: Observation) -> Decision? {
    checks.recoverAlso(checks.broken, at: world.now)
    guard let deployment, let reports = checks.recoveries(deployment, at: world.now) else {
      return nil
    }
    let reason = reports.isEmpty ? Reason.noLongerPromised : .keptAgain
    return decide(.resume, reason, about: stable, world, checks: reports) { rollout in
      rollout.alert = nil
      rollout.checks.watchAnew(at: world.now)
      if let stable = rollout.stable { rollout.prove(stable.id) }
    }
  }

  /// Ends an alert about a server as soon as it is ready: a runtime calls none ready that dies again and
  /// again.
  private mutating func recoverServer(_ world: Observation) -> Decision? {
    guard let stable, world.readiness[stable.id] == .ready else { return nil }
    return decide(.resume, .readyAgain, about: stable, world) { rollout in
      rollout.alert = nil
      // What failed meanwhile was its server's fault, and has been told.
      rollout.checks.watchAnew(at: world.now)
    }
  }
}

extension Checks {
  /// Forgets what was counted of what serves, so that the watch can alert again, and looks for evidence
  /// that what was broken is kept again.
  mutating func watchAnew(after broken: [Objective] = [], at now: Instant) {
    for index in checks.indices {
      checks[index].watchAnew(settings)
      checks[index].recovery = nil
    }
    recoverAlso(broken, at: now)
  }

  /// Looks for evidence that promises are kept again that were found broken under an alert.
  mutating func recoverAlso(_ broken: [Objective], at now: Instant) {
    for index in checks.indices
    where checks[index].recovery == nil && broken.contains(checks[index].objective) {
      checks[index].beginRecovery(settings, at: now)
    }
  }

  /// Returns the evidence that every promise that was broken is kept again; nil while there is too
  /// little, or evidence against any promise mounts.
  func recoveries(_ deployment: Deployment, at now: Instant) -> [CheckReport]? {
    let recovering = checks.indices.filter { checks[$0].recovery != nil }
    guard checks.allSatisfy({ $0.watch.logE < Judgement.logHoldBar }),
      recovering.allSatisfy({ isRecovered($0, deployment, at: now) })
    else { return nil }
    return recovering.map { report(on: checks[$0], .pass, alpha: Self.alphaOfTheWatch) }
  }

  private func isRecovered(_ index: Int, _ deployment: Deployment, at now: Instant) -> Bool {
    guard let recovery = checks[index].recovery, now.since(recovery.since) >= deployment.bake
    else { return false }
    return isWithin(index, atLeast: deployment.analysis.minRequests)
      && recovery.proof.reaches(Analysis.log(settings.averageRunLength))
  }
}

extension Checks.Check {
  /// Forgets what was counted of what serves.
  fileprivate mutating func watchAnew(_ settings: ObjectiveTest.Settings) {
    let dependence = settings.dependence.withoutBaseline
    watch = Detector(dependence.ofRequests(worth: objective.trialsPerRequest))
    (candidate, stable, possiblyBad) = (Tally(), Tally(), 0)
  }

  /// Looks for evidence that a broken promise is kept again, from now on.
  mutating func beginRecovery(_ settings: ObjectiveTest.Settings, at now: Instant) {
    let dependence = settings.dependence.withoutBaseline
    watchAnew(settings)
    recovery = Recovery(
      proof: Proof(dependence.ofProof(requestsWorth: objective.trialsPerRequest)), since: now)
  }

  /// Takes one look into account, and begins anew as soon as there is no evidence left.
  ///
  /// Forgetting what went before makes the proof a detector of the good side, with the guarantee of the
  /// watch: while the promise is broken at every look, the mean number of looks until its logarithm
  /// first reaches log A is at least A. Without it, an hour of failures would outweigh a day without.
  mutating func recover(_ trials: Trials, _ settings: ObjectiveTest.Settings, at now: Instant) {
    guard recovery != nil else { return }
    recovery?.proof.look(trials, objective.limit)
    if let recovery, recovery.proof.logE < -Judgement.rounding { beginRecovery(settings, at: now) }
  }
}
