/// The rollouts of one deployment: its whole memory, and the only code that changes it.
///
/// A rollout is driven by what *is*, not by what *happened*: `advance` may be called at any moment,
/// any number of times, and looking twice at the same world changes nothing the second time. That is
/// why a crash, a missed poll, a duplicate webhook and a failed write need no code of their own.
package struct Rollout: Equatable, Sendable, Codable {
  package let name: DeploymentName
  /// The last manifest that was accepted; it stays in force while a newer one is wrong.
  package internal(set) var deployment: Deployment?
  package internal(set) var phase = Phase.idle
  /// The revision that was last proven, or nil before the first.
  package internal(set) var stable: Revision?
  /// The revision that is being tried.
  package internal(set) var candidate: Revision?
  /// The fresh copy of stable that the candidate is compared with, when it is not stable itself; it
  /// is made and forgotten with the candidate.
  package internal(set) var baseline: Revision?
  /// The other candidates of an A/B test of several; nil while one alone is tried.
  package internal(set) var contest: Contest?
  /// Grows with every change of the plan.
  package internal(set) var generation = 0
  /// How many candidates were admitted.
  package internal(set) var number = 0
  package internal(set) var checks = Checks()
  /// Why the rollout stands still, as far as that was recorded.
  package internal(set) var holds: Set<Hold> = []
  /// How a step with hours stands; nil in every other.
  package internal(set) var rest: Rest?
  /// What is wrong while nothing can be done about it here: what serves breaks a promise and there is
  /// nothing to go back to, or nothing serves.
  package internal(set) var alert: Alert?
  /// The revision that the manifest asks for in vain, once that was said.
  package internal(set) var refused: Revision.ID?
  /// Whether the traffic is like the training data, when that is asked.
  package internal(set) var inputs: ProfileDrift?
  /// Whether stable, serving alone, answers as the training data does, when that is asked.
  package internal(set) var outputs: ProfileDrift?
  /// How the drift of stable was watched when it was proven: after a rollback the manifest has the
  /// profile of another model.
  var driftOfStable: DriftSettings?
  /// The rules that looked last.
  package internal(set) var decisionVersion = Engine.firstVersion
  /// Revisions with a failed verdict, newest last: it is final, a retry is a commit.
  package internal(set) var rejected: [Rejection] = []
  /// Whether the present candidate was admitted under a strategy that cannot hold two revisions.
  var isExclusive = false
  /// The revisions that were stable and had completed their bake, newest last: those that a person may
  /// want back.
  package internal(set) var proven: [Revision.ID] = []
  package internal(set) var exposure = Exposure()
  /// The stage that it would enter if it were alone, as the last look found; nil when it would not go on, and
  /// without a group.
  package internal(set) var willing: Stage?
  /// What `willing` was before the look under way.
  var waited: Stage?
  /// When a candidate that is kept from its first traffic by its group was last seen ready; nil without a group.
  var lastReady: Instant?
  /// The members of the group whose bakes ended with the last one of this deployment.
  var companions: [Companion]?
  /// The first revision of all, when it failed in a group and serves on under an alert.
  var brokenFirst: Revision.ID?

  package struct Rejection: Equatable, Sendable, Codable {
    package let revision: Revision
    package let reason: Reason
    package let detail: Detail?
    package let at: Instant
  }

  /// An alert that was said and is not over.
  package struct Alert: Equatable, Sendable, Codable {
    package let reason: Reason
    package let detail: Detail?
    package let since: Instant

    package var cause: Decision.Cause { reason.cause }
  }

  /// A manifest names one revision at a time, so few rejections matter; the ledger keeps them all.
  static let rejectionsKept = 20
  /// Nobody goes back further.
  static let provenKept = 20

  package init(name: DeploymentName) { self.name = name }

  /// Looks at the world once, and changes if it must.
  ///
  /// - Returns: The decision, which must be recorded before the new plan is carried out; nil when
  ///   nothing was decided.
  package mutating func advance(_ world: Observation) -> Decision? {
    decisionVersion = world.engine.decisionVersion
    (waited, willing) = (willing, nil)
    defer { waited = nil }
    count(world)
    if let ahead = world.generationInForce, ahead > generation {
      // Before the first decision there may be a ledger that has not been seen yet.
      return number > 0 || world.mayAdvance ? closeGap(to: ahead, world) : nil
    }
    if let decision = endWithGroup(world) ?? goBackWithGroup(world) { return decision }
    if let decision = follow(world.desired, in: world) { return decision }
    if let decision = tellOfInputs(world) ?? tellOfOutputs(world) { return decision }
    switch phase {
    case .idle, .retired: return nil
    case .vacating(let arm, _): return vacate(for: arm, world)
    case .preparing(let since):
      return hasRivals ? prepareArms(since: since, world) : prepare(since: since, world)
    case .step(let place, let route, _):
      return hasRivals ? compete(at: place, route, world) : look(at: place, route, world)
    case .baking: return bake(world)
    case .healthy: return watch(world)
    case .restoring(let since): return restore(since: since, world)
    case .retiring: return retire(world)
    }
  }

  /// What has to be so now.
  package var plan: Plan {
    Plan(
      generation: generation, loaded: loaded, reserve: reserve, routes: routes,
      sampling: drift?.sample ?? (isCounted ? .auto : .none), isWatched: drift != nil,
      affinity: deployment?.strategy.affinity, drawnBy: contest?.drawn ?? [],
      countsEntities: deployment?.strategy.goal != nil, slices: slices?.by,
      copiesPerSecond: copiesPerSecond,
      replicas: deployment?.replicas ?? 1, serving: deployment?.serving ?? .online,
      loadTest: loadTest, isGone: phase == .retiring || phase == .retired)
  }

  /// Whether requests are captured for something else than drift.
  private var isCounted: Bool { agreement != nil || goal != nil || slices != nil }

  /// How many requests a second are copied at most; nil without a limit, and when none is copied.
  private var copiesPerSecond: Int? {
    phase.step?.isMirror == true && !isResting ? step?.atMostPerSecond : nil
  }

  /// How the answers of both revisions to one request are compared; nil when no request is copied, or nothing
  /// is promised of them.
  package var agreement: Agreement? {
    guard let step = phase.step, step.isMirror else { return nil }
    return checks.checks.lazy.map(\.objective).filter { $0.holds(in: step) }
      .compactMap(\.agreement).first
  }

  /// What entities are to reach, where an A/B test compares the revisions by it.
  package var goal: Goal? { phase.isStep ? deployment?.strategy.goal : nil }

  /// By what requests are judged in groups of their own, while stable and a candidate both answer clients.
  package var slices: Slices? {
    phase.route?.isDrawn == true ? checks.slices?.asked : nil
  }

  /// The longest time until the next look: short while something is awaited, the analysis interval
  /// while requests are counted, nil when only the repository can change anything.
  package var lookAgain: Duration? {
    switch phase {
    case .idle, .retired: nil
    case .vacating, .preparing, .restoring, .retiring: .milliseconds(500)
    case .step, .baking:
      checks.countingSince == nil && !holds.contains(.outsideHours)
        ? .milliseconds(500) : deployment?.analysis.interval
    case .healthy: deployment?.analysis.interval
    }
  }

  private var loaded: [Revision] {
    switch phase {
    case .idle, .vacating, .retiring, .retired: []
    case .preparing: isExclusive ? present(candidate) : present(stable, baseline) + arms
    case .step: present(stable, baseline) + arms
    case .baking: isExclusive ? present(candidate) : present(stable, candidate)
    case .healthy, .restoring: present(stable)
    }
  }

  /// Stable, while the candidate has all requests and may still be rolled back.
  private var reserve: Revision.ID? {
    guard case .baking(.none, _) = phase, !isExclusive else { return nil }
    return stable?.id
  }

  private var routes: [Plan.Route] {
    switch phase {
    case .idle, .vacating, .retiring, .retired: []
    case .preparing: isExclusive ? [] : everything(to: stable)
    case .step(_, let route, _): routes(along: route)
    case .baking(let holdback, _):
      holdback == .none
        ? everything(to: candidate) : routes(along: .split(weight: holdback.complement))
    case .healthy, .restoring: everything(to: stable)
    }
  }

  /// What a candidate's route asks of the runtime.
  private func routes(along route: Route) -> [Plan.Route] {
    switch route {
    case .split(let weight): split(weight)
    case .mirror(let weight): mirror(weight)
    case .match(let when), .drawn(let when, _): match(when)
    }
  }

  private func present(_ revisions: Revision?...) -> [Revision] { revisions.compactMap(\.self) }

  private func everything(to revision: Revision?) -> [Plan.Route] {
    revision.map { [.split([Plan.Share(revision: $0.id, weight: .all)])] } ?? []
  }

  private func mirror(_ weight: PerMille) -> [Plan.Route] {
    guard let stable, let candidate, !isResting else { return everything(to: stable ?? candidate) }
    return everything(to: stable) + [.mirror(Plan.Share(revision: candidate.id, weight: weight))]
  }

  private func match(_ when: HeaderMatch) -> [Plan.Route] {
    guard let stable, let candidate else { return everything(to: stable ?? candidate) }
    return everything(to: stable) + [.match(Plan.Match(revision: candidate.id, when: when))]
  }

  private func split(_ weight: PerMille) -> [Plan.Route] {
    guard let stable, let candidate else { return everything(to: candidate) }
    if let contest, phase.isStep {
      let living = Set(arms.map(\.id))
      return [.split(contest.shares(of: weight, living: living, stable: stable.id))]
    }
    let rest = PerMille(weight.complement.value - baselineShare.value)
    let parts = [(stable, rest), (baseline ?? stable, baselineShare), (candidate, weight)]
    let shares = parts.filter { $0.1 > .none }.map {
      Plan.Share(revision: $0.0.id, weight: $0.1)
    }
    return [.split(shares)]
  }
}
