import Analysis

// An A/B test of several candidates. Each of them takes the candidate's place in turn, and is judged as one alone is.

extension Rollout {
  /// Whether more than one candidate is left.
  var hasRivals: Bool { contest?.rivals.isEmpty == false }

  /// The candidates that are left, in the order of their parts.
  package var arms: [Revision] {
    guard let candidate else { return [] }
    guard let contest else { return [candidate] }
    return ([candidate] + contest.rivals.map(\.revision)).sorted {
      contest.place(of: $0.id) < contest.place(of: $1.id)
    }
  }

  /// The manifest by which a candidate is judged: each of several has its part of alpha.
  var judged: Deployment? {
    guard let contest, var deployment else { return deployment }
    deployment.analysis = deployment.analysis.divided(among: contest.drawn.count)
    return deployment
  }

  /// How sure a verdict on one candidate must be.
  package var analysis: AnalysisSettings? { judged?.analysis }

  /// The candidate's share among its own entities and stable's.
  func entityShare(of weight: PerMille) -> Double {
    contest?.share(of: weight) ?? Double(weight.value) / 1000
  }

  /// Whose entities are told apart: stable's, and those of all candidates that the test began with; nil where there is
  /// one alone.
  package var entityArms: [Revision.ID]? {
    guard let stable, let contest else { return nil }
    return [stable.id] + contest.drawn
  }

  /// Which of stable's entities count: the part of a candidate that has left is no part of the comparison.
  package var thinning: Plan.Thinning? {
    guard let contest, let weight = phase.route?.share else { return nil }
    return contest.thinning(beside: weight, living: arms.count)
  }

  /// What a contest begins with: all that the manifest asks for, and is neither stable nor rejected.
  ///
  /// Only an A/B test has several, and only beside something that serves.
  func field(of deployment: Deployment) -> [Revision] {
    guard let rivals = deployment.rivals, let stable, deployment.strategy.kind == .abTest,
      !isReversal(to: deployment.revision)
    else { return [deployment.revision] }
    return ([deployment.revision] + rivals).filter {
      $0.id != stable.id && rejection(of: $0) == nil
    }
  }

  /// Whether the manifest asks for what is tried.
  var isFollowed: Bool {
    guard let candidate, let deployment else { return false }
    guard stable != nil, contest != nil || deployment.rivals != nil else {
      return deployment.revision.id == candidate.id
    }
    if phase.isBaking {
      return ([deployment.revision] + (deployment.rivals ?? [])).contains { $0.id == candidate.id }
    }
    return Set(field(of: deployment).map(\.id)) == Set(arms.map(\.id))
  }
}

extension Rollout {
  /// The candidate, and its rivals by their places from 1.
  var armPlaces: ClosedRange<Int> { 0...(contest?.rivals.count ?? 0) }

  /// Lets a rival and the candidate change places; 0 is the candidate itself.
  mutating func exchange(with place: Int) {
    guard place > 0, let candidate, let rival = contest?.rivals[place - 1] else { return }
    contest?.rivals[place - 1] = Contest.Rival(
      revision: candidate, checks: checks, requests: exposure.candidate)
    (self.candidate, checks) = (rival.revision, rival.checks)
    exposure.candidate = rival.requests
  }

  /// Does something with each candidate's checks.
  mutating func withChecks(_ change: (inout Checks) -> Void) {
    change(&checks)
    guard var contest else { return }
    for index in contest.rivals.indices { change(&contest.rivals[index].checks) }
    self.contest = contest
  }

  /// Has a candidate decide in the candidate's place, and puts them in their order again.
  private mutating func decide(
    as place: Int, _ body: (inout Rollout) -> Decision?
  ) -> Decision? {
    exchange(with: place)
    defer { lineUp() }
    return body(&self)
  }

  /// Puts the candidates in the order of their parts, the first of them in the candidate's place.
  private mutating func lineUp() {
    guard let contest, hasRivals, let candidate else { return }
    let first = contest.rivals.indices.min {
      contest.place(of: contest.rivals[$0].revision.id)
        < contest.place(of: contest.rivals[$1].revision.id)
    }
    if let first,
      contest.place(of: contest.rivals[first].revision.id) < contest.place(of: candidate.id)
    {
      exchange(with: first + 1)
    }
    self.contest?.rivals.sort {
      contest.place(of: $0.revision.id) < contest.place(of: $1.revision.id)
    }
  }
}

extension Rollout {
  /// Prepares all candidates: the first that cannot be loaded, or is not ready, speaks for all.
  mutating func prepareArms(since: Instant, _ world: Observation) -> Decision? {
    let arms = [candidate].compactMap(\.self) + (contest?.rivals.map(\.revision) ?? [])
    let failed = arms.firstIndex { world.failure(of: $0) != nil }
    let late = arms.firstIndex { world.readiness[$0.id] != .ready }
    return decide(as: failed ?? late ?? 0) { $0.prepare(since: since, world) }
  }

  /// Judges all candidates: one that fails leaves at once, and one of those that are left speaks for all.
  mutating func compete(
    at place: Int, _ route: Route, _ world: Observation
  ) -> Decision? {
    for arm in armPlaces {
      if let decision = decide(as: arm, { $0.leaveOnFailure(route, world) }) { return decision }
    }
    return decide(as: speaker(route, world)) { $0.look(at: place, route, world) }
  }

  /// Whose turn it is: of whom the entities are split wrongly, or else the best that is proven, or who lacks data, or
  /// who does best so far.
  private func speaker(_ route: Route, _ world: Observation) -> Int {
    guard let deployment = judged, let contest else { return 0 }
    let all = [checks] + contest.rivals.map(\.checks)
    if let wrong = all.firstIndex(where: \.isSplitWrong) { return wrong }
    let proven = all.indices.filter {
      all[$0].judge(deployment, in: route, at: world.now, world.engine).isProven
    }
    let missing = all.firstIndex { $0.missing(deployment, in: route, world.now) != nil }
    return Self.best(of: proven, all) ?? missing ?? Self.best(of: Array(all.indices), all) ?? 0
  }

  /// Returns who has most of its entities reach the goal, or fewest where that is better; the first of equals.
  private static func best(of places: [Int], _ all: [Checks]) -> Int? {
    places.min { (all[$1].goal?.merit ?? 0) < (all[$0].goal?.merit ?? 0) }
  }

  /// Lets the candidate leave: stable answers its part of the entities, and the others keep theirs.
  mutating func leaveContest(at now: Instant) {
    guard let contest, !contest.rivals.isEmpty else { return }
    let counted = elapsed(at: now) ?? contest.counted
    self.contest?.counted = counted
    let next = contest.rivals.indices.min {
      contest.place(of: contest.rivals[$0].revision.id)
        < contest.place(of: contest.rivals[$1].revision.id)
    }
    guard let next, let successor = self.contest?.rivals.remove(at: next) else { return }
    (candidate, checks) = (successor.revision, successor.checks)
    // Until the change is in force nobody knows who answers that part.
    withChecks { $0.pause(at: now) }
  }

  /// Gives all candidates up for the same reason, or because another one takes over.
  mutating func rejectRivals(_ reason: Reason, at now: Instant) {
    guard let contest, let winner = candidate else { return }
    for rival in contest.rivals {
      candidate = rival.revision
      rejectCandidate(reason, nil, at: now)
    }
    candidate = winner
    self.contest?.rivals = []
  }

  /// Fixes which candidates the test has, when the first of their entities is about to come.
  mutating func beginContest() {
    guard contest != nil else { return }
    let living = arms.map(\.id)
    contest?.drawn = living
    contest?.counted = .zero
    if !hasRivals { contest = nil }
  }
}

// What is counted of all candidates but the one in the candidate's place.

extension Rollout {
  /// The candidate's share among its own entities and stable's.
  var entityShare: Double {
    phase.route.flatMap { $0.isDrawn ? entityShare(of: $0.share) : nil } ?? 0
  }

  /// Takes the requests of the other candidates into account, beside the same ones of stable.
  mutating func countRivals(_ counts: RevisionCounts, at now: Instant) {
    guard hasRivals, var contest else { return }
    for index in contest.rivals.indices {
      contest.rivals[index].checks.look(
        ArmCounts(
          counts, candidate: contest.rivals[index].revision.id, stable: stable?.id, baseline: nil),
        isOnTrial: true, route: phase.route, in: phase.step, at: now, nil,
        entityShare: entityShare, isSplitByClient: true)
    }
    self.contest = contest
  }

  /// Whether all other candidates have had the requests that do not count.
  mutating func areRivalsWarm(after counts: RevisionCounts, at now: Instant) -> Bool {
    guard var contest, let deployment, let each = deployment.analysis.warmUp else { return true }
    let least = each.multiplied(saturating: deployment.replicas ?? 1)
    for index in contest.rivals.indices {
      let requests = counts[contest.rivals[index].revision.id]?.requests ?? 0
      contest.rivals[index].checks.warmUp(requests, at: now)
    }
    self.contest = contest
    return contest.rivals.allSatisfy { $0.checks.warmedUp >= least }
  }

  /// Gives the candidate up when it fails.
  mutating func leaveOnFailure(_ route: Route, _ world: Observation) -> Decision? {
    guard let deployment = judged else { return nil }
    let judgement = checks.judge(deployment, in: route, at: world.now, world.engine)
    return rollBackOnFailure(judgement, world)
  }
}

extension Reason {
  /// Whether it is about one candidate of several, so that the others go on.
  var isOfOneArm: Bool {
    switch self {
    case .broken, .sliceBroken, .lost, .failed, .notLoaded: true
    case .noData(let missing, _): missing == .requests
    default: false
    }
  }
}
