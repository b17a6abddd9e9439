import Analysis

// The baseline: a copy of stable that is as fresh as the candidate and gets as much traffic, so that
// full caches, a long uptime and a large pool count for nobody.

extension Dependence {
  /// What is assumed where there is nothing to be matched with: the default.
  var withoutBaseline: Dependence { self == .matched ? .interval : self }
}

extension Revision {
  /// A copy of the model, to be loaded beside a candidate.
  ///
  /// Named after both, so that no candidate gets the copy that another one had: it would not be fresh.
  func copy(beside candidate: Revision) -> Revision {
    Revision(id: ID("\(id)-baseline-\(candidate.id)"), model: model)
  }
}

extension Rollout {
  /// Returns what a new candidate is to be compared with, when that is not stable itself.
  ///
  /// Only the steps of a canary give both of them a share, and what comes back at once has none.
  func makeBaseline(beside candidate: Revision) -> Revision? {
    guard let deployment, deployment.analysis.dependence == .matched,
      deployment.strategy.kind == .canary, !isReversal(to: candidate)
    else { return nil }
    return stable?.copy(beside: candidate)
  }

  /// The baseline's share now: the candidate's, or nothing where that would not leave both the same.
  ///
  /// A manifest is refused when it asks for more than half, but it may be edited under way so that
  /// it no longer asks for a baseline.
  var baselineShare: PerMille {
    guard baseline != nil, case .step(_, .split(let weight), _) = phase, weight <= .half else {
      return .none
    }
    return weight
  }

  /// Whether there is a baseline, and it is not ready.
  func lacksBaseline(_ world: Observation) -> Bool {
    guard let baseline, !isReversal(to: candidate) else { return false }
    return world.readiness[baseline.id] != .ready
  }

  /// Says once when the baseline of a ready candidate is awaited in vain.
  ///
  /// What keeps a copy of stable from being loaded is nothing against the candidate: it is not
  /// rejected, it waits without traffic until the baseline is ready or the manifest changes.
  mutating func awaitBaseline(isLate: Bool, _ world: Observation) -> Decision? {
    guard let baseline, let deployment else { return nil }
    if let failure = world.failure(of: baseline) {
      let reason = Reason.baselineNotLoaded(baseline: baseline.name, obstacle: .failed)
      return standStill(reason, detail: failure.detail, nil, world)
    }
    let reason = Reason.baselineNotLoaded(baseline: baseline.name, obstacle: deployment.notReady)
    return isLate ? standStill(reason, detail: world.waiting(baseline), nil, world) : nil
  }

  /// Takes the traffic back from a baseline that is beyond repair, whose share of the requests fails.
  ///
  /// The candidate keeps its evidence and begins with its first step again once the baseline is
  /// ready.
  mutating func giveBaselineUp(_ judgement: Judgement, _ world: Observation) -> Decision? {
    guard let baseline, let failure = world.failure(of: baseline) else { return nil }
    return decide(
      .hold, .baselineFailed(baseline: baseline.name), detail: failure.detail, about: candidate,
      world, checks: reports(judgement)
    ) { rollout in
      rollout.phase = .preparing(since: world.now)
      rollout.holds.insert(.baseline)
    }
  }
}
