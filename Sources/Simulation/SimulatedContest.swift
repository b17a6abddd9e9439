package import Rollouts

/// One A/B test of several candidates, by the very function that decides in production.
///
/// Loading takes no time, and every share is in force at the next look. Candidates are named by their places in the
/// manifest: 0 is `spec.model`.
package struct SimulatedContest {
  /// A candidate that was taken back on trial, and why.
  package struct Leaving: Equatable, Sendable {
    package let place: Int
    package let reason: Reason
  }

  package private(set) var elapsed = Duration.zero
  /// How many entities were counted, of all revisions.
  package private(set) var entities = 0
  /// Who takes over; nil while nobody does.
  package private(set) var winner: Int?
  package private(set) var left: [Leaving] = []

  private let deployment: Deployment
  private let stable: ContestTraffic.Arm
  private let candidates: [ContestTraffic.Arm]
  private let names: [Revision.ID]
  private var rollout: Rollout

  /// Begins with a stable revision that serves alone; the candidates are in the order of the deployment.
  package init(
    _ deployment: Deployment, stable: ContestTraffic.Arm, candidates: [ContestTraffic.Arm]
  ) {
    precondition(candidates.count == deployment.models.count, "\(candidates.count) candidates")
    (self.deployment, self.stable, self.candidates) = (deployment, stable, candidates)
    names = ([deployment.revision] + (deployment.rivals ?? [])).map(\.id)
    rollout = Rollout(name: deployment.name)
    var first = deployment.asFirst
    first.rivals = nil
    while rollout.phase != .healthy { advance(.deployment(first), [:]) }
  }

  package var isOver: Bool { winner != nil || left.count == names.count }

  /// Runs until one takes over, all have left, or so many entities were counted.
  package mutating func run(_ traffic: inout ContestTraffic, entities most: Int) {
    while !isOver, entities < most, elapsed < deployment.longestRollout { look(&traffic) }
  }

  private mutating func look(_ traffic: inout ContestTraffic) {
    let wait = rollout.lookAgain ?? deployment.analysis.interval
    let isCounting = rollout.checks.countingSince != nil
    let seconds = Double(deployment.analysis.interval.components.seconds)
    note(advance(.deployment(deployment), isCounting ? counts(&traffic, seconds) : [:]))
    elapsed += wait
  }

  /// Draws what each revision answers by the plan in force.
  private mutating func counts(
    _ traffic: inout ContestTraffic, _ seconds: Double
  ) -> [Revision.ID: Counts] {
    var counts: [Revision.ID: Counts] = [:]
    let part = rollout.thinning.map { Double($0.counted) / Double($0.of) } ?? 1
    for revision in rollout.plan.loaded.map(\.id) {
      let share = Double(rollout.plan.weight(of: revision).value) / 1000
      let place = names.firstIndex(of: revision)
      counts[revision] = traffic.next(
        place.map { candidates[$0] } ?? stable, seconds: seconds, share: share,
        counted: place == nil ? part : 1)
    }
    entities += counts.values.reduce(0) { $0 + ($1.samples?.entities?.seen ?? 0) }
    return counts
  }

  private mutating func note(_ decision: Decision?) {
    guard let decision, let place = names.firstIndex(where: { $0 == decision.revision?.id })
    else { return }
    switch decision.verdict {
    case .rollback: left.append(Leaving(place: place, reason: decision.reason))
    case .promote, .complete: winner = place
    default: break
    }
  }

  @discardableResult
  private mutating func advance(
    _ desired: Desired, _ counts: [Revision.ID: Counts]
  ) -> Decision? {
    rollout.advance(
      Observation(
        now: Instant(milliseconds: 0).advanced(by: elapsed), desired: desired,
        readiness: Dictionary(
          rollout.plan.loaded.map { ($0.id, Readiness.ready) }, uniquingKeysWith: { $1 }),
        generationInForce: rollout.generation, counts: counts))
  }
}
