package import Analysis

/// One objective, evaluated now.
package enum CheckVerdict: String, Equatable, Sendable, Codable {
  case pass, fail, undecided, blind
}

/// The evaluation of one objective, with the numbers it rests on.
package struct CheckReport: Equatable, Sendable, Codable {
  package let objective: Objective
  package let verdict: CheckVerdict
  /// What the candidate did since the step began to count.
  package let candidate: Tally
  package let stable: Tally
  /// The natural logarithm of the evidence against the candidate, in thousandths.
  package let logEMilli: Int

  /// "errors 8 of 212 (3.77%) against errors < 1%: fail".
  package var summary: String {
    let share = candidate.total == 0 ? "" : " (\(candidate.share))"
    let counted = "\(objective.name) \(candidate.bad) of \(candidate.total)\(share)"
    return "\(counted) against \(objective): \(verdict.rawValue)"
  }
}

/// Requests counted, and how many of them broke the promise.
package struct Tally: Equatable, Sendable, Codable {
  package private(set) var bad = 0
  package private(set) var total = 0

  package init() {}

  package mutating func add(_ trials: Trials) {
    bad += trials.bad
    total += trials.total
  }

  /// The bad share, rounded to a hundredth of a percent.
  package var share: Ratio {
    guard total > 0 else { return Ratio(perMillion: 0) }
    let exact = Double(bad) / Double(total) * 10_000
    return Ratio(perMillion: Int(exact.rounded()) * 100)
  }
}

/// The memory of the checks of one rollout: its tests, and what was counted in the present step.
package struct Checks: Equatable, Sendable, Codable {
  package struct Check: Equatable, Sendable, Codable {
    package let objective: Objective
    var test = ObjectiveTest()
    /// Watches a revision that nothing is compared with; forgets its good past.
    var watch = IntervalBet()
    package var candidate = Tally()
    package var stable = Tally()
    /// Bad requests of the candidate in the whole rollout.
    var badInRollout = 0
  }

  package private(set) var checks: [Check] = []
  /// When the present share was first seen in force; nothing before it counts.
  package private(set) var countingSince: Instant?
  /// Since when the share is waited for.
  private(set) var waitingSince: Instant?
  /// When the candidate last answered a request.
  private var lastData: Instant?
  /// How many steps have begun, so that an objective added later has as many starts.
  private var steps = 0

  /// Fewer bad requests than this never condemn: the first two requests of all may fail by accident.
  static let leastBad = 3
  /// The mean number of looks between two false alarms while a revision serves.
  static let averageRunLength = 10_000.0

  package init() {}

  /// Takes over the objectives of the manifest, keeping the evidence of those that did not change.
  mutating func adopt(_ objectives: [Objective]) {
    guard objectives != checks.map(\.objective) else { return }
    let known = checks
    checks = objectives.map { objective in
      if let old = known.first(where: { $0.objective == objective }) { return old }
      var new = Check(objective: objective)
      for _ in 0..<steps { new.test.beginStep() }
      return new
    }
  }

  /// Forgets everything: a new candidate starts from nothing.
  mutating func reset() { self = Checks(objectives: checks.map(\.objective)) }

  private init(objectives: [Objective]) { checks = objectives.map { Check(objective: $0) } }

  /// Begins a step: its own tallies, and one more start of every test.
  mutating func beginStep(at now: Instant) {
    steps += 1
    pause(at: now)
    for index in checks.indices {
      checks[index].test.beginStep()
      checks[index].candidate = Tally()
      checks[index].stable = Tally()
    }
  }

  /// Stops counting until the traffic is seen in force again.
  mutating func pause(at now: Instant) {
    waitingSince = now
    countingSince = nil
    lastData = nil
  }

  mutating func startCounting(at now: Instant) { countingSince = now }

  /// Forgives the time in which nobody looked.
  mutating func wake(at now: Instant) {
    if waitingSince != nil { waitingSince = now }
    if countingSince != nil { lastData = now }
  }

  /// Takes one look's counts into account; counts that cannot be are no data.
  mutating func look(candidate: Counts, stable: Counts, at now: Instant) {
    if candidate.requests > 0 { lastData = now }
    for index in checks.indices {
      let objective = checks[index].objective
      guard let tried = candidate.trials(of: objective), let other = stable.trials(of: objective)
      else { continue }
      let allowed = objective.allowed.value
      checks[index].candidate.add(tried)
      checks[index].stable.add(other)
      checks[index].badInRollout += tried.bad
      checks[index].test.look(candidate: tried, stable: other, allowed: allowed)
      guard tried.total > 0 else { continue }
      let ratio = Double(tried.bad) / Double(tried.total) / allowed
      checks[index].watch.bet(on: ratio, startingOver: true)
    }
  }

  /// The evidence of all tests together: the one number the guarantee is about.
  package var logE: Double { logMeanE(checks.map(\.test.logE)) }

  /// Evaluates every objective of a candidate now.
  package func reports(_ settings: AnalysisSettings, at now: Instant) -> [CheckReport] {
    let worst = checks.indices.max { checks[$0].test.logE < checks[$1].test.logE }
    let isCondemned = logE >= -Analysis.log(settings.alpha)
    return checks.indices.map { index in
      let check = checks[index]
      let fails = isCondemned && index == worst && check.badInRollout >= Self.leastBad
      return report(check, fails ? .fail : verdict(check, settings, now))
    }
  }

  /// Returns the objectives that a serving revision has broken, with an average run length of
  /// 10,000 looks between false alarms.
  func breaches() -> [CheckReport] {
    checks.filter { $0.watch.logE >= Analysis.log(Self.averageRunLength) }
      .map { report($0, .fail) }
  }

  private func verdict(
    _ check: Check, _ settings: AnalysisSettings, _ now: Instant
  ) -> CheckVerdict {
    if check.candidate.total == 0 || isBlind(settings, now) { return .blind }
    let isEnough = check.candidate.total >= settings.minRequests
    let isWithin = check.candidate.share <= check.objective.allowed
    return isEnough && isWithin && check.test.logE <= 0 ? .pass : .undecided
  }

  /// Whether there was no data for as long as the manifest accepts.
  func isBlind(_ settings: AnalysisSettings, _ now: Instant) -> Bool {
    guard let since = lastData ?? countingSince else { return false }
    return now.since(since) >= settings.blindAfter
  }

  private func report(_ check: Check, _ verdict: CheckVerdict) -> CheckReport {
    let milli = (check.test.logE * 1000).rounded()
    return CheckReport(
      objective: check.objective, verdict: verdict, candidate: check.candidate,
      stable: check.stable, logEMilli: Int(max(-1e9, min(1e9, milli))))
  }
}

extension AnalysisSettings {
  /// The probability, over the whole rollout, of rolling a healthy candidate back by chance.
  var alpha: Double { 1 - confidence.value }
}

extension Counts {
  /// Returns the trials of one objective, or nil when the counts contradict each other.
  func trials(of objective: Objective) -> Trials? {
    switch objective {
    case .errors: Trials(bad: errors, total: requests)
    case .latency(_, let below):
      Trials(bad: latency.certainlyAtLeast(below), total: latency.total)
    }
  }
}
