package import Analysis
package import Rollouts

/// One rollout with counts from anywhere, by the very function that decides in production.
///
/// Loading takes no time, and every share is in force at the next look.
package struct SimulatedRollout {
  /// A decision, and when it was made.
  package struct Event: Equatable, Sendable {
    /// The time since the candidate was admitted.
    package let elapsed: Duration
    package let decision: Decision
  }

  /// The evidence after one look.
  package struct Point: Equatable, Sendable {
    package let elapsed: Duration
    /// The natural logarithm of the evidence against the candidate, all objectives together.
    package let total: Double
    /// The evidence on each objective alone, in the order of the manifest.
    package let objectives: [Double]
  }

  package enum Outcome: String, Equatable, Sendable, Codable, CaseIterable {
    case promoted, rolledBack
    /// Neither within the time that the simulation covers.
    case open
  }

  package private(set) var events: [Event] = []
  package private(set) var evidence: [Point] = []
  package private(set) var outcome = Outcome.open
  /// When the last decision was made, or the simulation ended.
  package private(set) var elapsed = Duration.zero
  /// Requests that the candidate answered while it was on trial.
  package private(set) var requests = 0
  /// Those of the requests that broke a promise; a request that broke two counts twice.
  package private(set) var bad = 0
  /// What the other members of its group tell it; none when it moves alone.
  package var peers: [Peer] = []
  /// The candidate's samples when its predictions were first proven to be like stable's; nil before.
  package private(set) var samplesToProof: Int?

  /// The candidate's effect on each objective, over all steps.
  private var effects: [OddsRatioSequence]

  private var rollout: Rollout
  private let deployment: Deployment

  package var name: DeploymentName { deployment.name }
  /// What covers the logarithm of how many times the odds of stable the candidate's are, by objective.
  package var logEffects: [Analysis.Interval] {
    effects.map { $0.logInterval(alpha: deployment.analysis.alpha) }
  }
  package var objectiveNames: [String] { deployment.objectives.map(\.name) }
  /// The evidence, as a natural logarithm, at which the candidate is rolled back.
  package var rollbackBar: Double { -Analysis.log(deployment.analysis.alpha) }
  /// The evidence from which on it gets no more traffic.
  package var holdBar: Double { Analysis.log(AnalysisSettings.holdBar) }

  /// Begins with a stable revision that serves alone.
  ///
  /// - Parameters:
  ///   - deployment: What is rolled out.
  ///   - hasPredictions: Whether the counts hold predictions; a rollout that waits for them would wait
  ///     for ever. Inputs are not made up, and not asked for. Nor do its hours matter: time is what passes within them.
  package init(_ deployment: Deployment, hasPredictions: Bool = false) {
    var deployment = deployment
    deployment.drift = hasPredictions ? deployment.drift?.ofPredictionsAlone : nil
    if !hasPredictions { deployment.holdback = .none }
    deployment.strategy = deployment.strategy.aroundTheClock
    self.deployment = deployment.ofOneArm
    effects = deployment.objectives.map { _ in OddsRatioSequence() }
    rollout = Rollout(name: deployment.name)
    let first = deployment.asFirst
    while rollout.phase != .healthy {
      _ = rollout.advance(Self.world(rollout, .deployment(first), at: .zero, counts: [:]))
    }
  }

  /// Returns what it tells another member of its group.
  package func peer(toldTo other: DeploymentName) -> Peer {
    rollout.peer(
      toldTo: other,
      Outlook(desired: .deployment(deployment), isUnclear: false, isSeen: true, record: nil))
  }

  /// Runs until the candidate is promoted or rolled back, the counts end, or the time is over.
  package mutating func run(_ source: inout some CountSource, for limit: Duration) {
    while outcome == .open, elapsed <= limit, step(&source) {}
  }

  /// Runs so many looks, or until the candidate is promoted or rolled back.
  package mutating func run(_ source: inout some CountSource, looks: Int) {
    for _ in 0..<looks where outcome == .open { step(&source) }
  }

  /// Looks once, and moves on to the time of the next look.
  ///
  /// - Returns: Whether there was anything to look at.
  @discardableResult
  private mutating func step(_ source: inout some CountSource) -> Bool {
    guard let counts = counts(&source) else { return false }
    look(counts)
    if outcome == .open { elapsed += rollout.lookAgain ?? deployment.analysis.interval }
    return true
  }

  private mutating func look(_ counts: [Revision.ID: Counts]) {
    let isCounting = !counts.isEmpty
    let decision = rollout.advance(
      Self.world(rollout, .deployment(deployment), at: elapsed, counts: counts, peers: peers))
    if isCounting {
      evidence.append(point(decision))
      noteProof()
    }
    guard let decision else { return }
    if decision.verdict != .admit { events.append(Event(elapsed: elapsed, decision: decision)) }
    switch decision.verdict {
    case .rollback: outcome = .rolledBack
    case .complete: outcome = .promoted
    default: break
    }
  }

  private mutating func noteProof() {
    guard samplesToProof == nil, rollout.checks.predictions != nil else { return }
    let now = Instant(milliseconds: 0).advanced(by: elapsed)
    let report = rollout.driftReports(at: now).first { $0.subject == .predictions }
    if report?.verdict == .pass { samplesToProof = report?.samples }
  }

  /// The evidence on which a decision was made, which may have ended the trial; or else that of now.
  private func point(_ decision: Decision?) -> Point {
    guard let decision, let total = decision.logE else {
      return Point(
        elapsed: elapsed, total: rollout.logE, objectives: rollout.checks.evidence)
    }
    let objectives = deployment.objectives.map { objective in
      let report = decision.checks.first { $0.objective == objective }
      return Double(report?.logE.total ?? 0) / 1000
    }
    return Point(elapsed: elapsed, total: total, objectives: objectives)
  }

  /// Returns the next counts once the share is in force; nothing is counted before.
  private mutating func counts(_ source: inout some CountSource) -> [Revision.ID: Counts]? {
    guard let candidate = rollout.candidate, let stable = rollout.stable,
      rollout.checks.countingSince != nil
    else { return [:] }
    // A plan does not say how many have the header that others draw by.
    let route = rollout.phase.route.flatMap { $0.isDrawn ? $0 : nil }
    guard let look = source.next(route: route ?? rollout.plan.route(to: candidate.id)) else {
      return nil
    }
    requests += look.candidate.requests
    for (index, objective) in deployment.objectives.enumerated() {
      guard let tried = look.candidate.trials(of: objective),
        let other = look.stable.trials(of: objective)
      else { continue }
      bad += tried.bad
      effects[index].look(Arms(candidate: tried, stable: other))
    }
    return [candidate.id: look.candidate, stable.id: look.stable]
  }

  private static func world(
    _ rollout: Rollout, _ desired: Desired, at elapsed: Duration, counts: [Revision.ID: Counts],
    peers: [Peer] = []
  ) -> Observation {
    Observation(
      now: Instant(milliseconds: 0).advanced(by: elapsed), desired: desired,
      readiness: Dictionary(
        rollout.plan.loaded.map { ($0.id, Readiness.ready) }, uniquingKeysWith: { $1 }),
      generationInForce: rollout.generation, counts: counts, peers: peers)
  }
}

extension DriftSettings {
  fileprivate var ofPredictionsAlone: DriftSettings {
    DriftSettings(
      profile: self.profile, digest: self.digest, sample: self.sample,
      predictions: self.predictions, inputs: nil, maturity: self.maturity)
  }
}

extension Deployment {
  /// The deployment of the revision before this one, which needs no bake.
  var asFirst: Deployment {
    let model = Model(
      version: "stable", uri: self.revision.model.uri, digest: nil,
      format: self.revision.model.format, smoke: nil, retry: self.revision.model.retry)
    var first = self
    first.revision = Revision(id: Revision.ID("stable"), model: model)
    (first.bake, first.suspended) = (.zero, false)
    return first
  }

  /// The longest time that a rollout takes when nothing is decided early.
  package var longestRollout: Duration {
    self.strategy.steps.reduce(self.bake * 2 + .seconds(60)) { $0 + $1.atMost }
  }
}
