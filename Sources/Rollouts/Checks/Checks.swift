import Analysis
import Profiles

/// The memory of the checks of one rollout: its tests, and what was counted in the present step.
package struct Checks: Equatable, Sendable {
  package struct Check: Equatable, Sendable, Codable {
    package let objective: Objective
    var test: ObjectiveTest
    /// Watches a revision that nothing is compared with; forgets its good past.
    var watch: Detector
    /// The evidence that what was broken is kept again, while there is an alert about it.
    var recovery: Recovery?
    /// In the trials of the tests, which are more than requests where these have scores.
    var candidate = Tally()
    var stable = Tally()
    /// What the baseline did, when the candidate is compared with one.
    var baseline: Tally?
    /// Bad trials of the candidate in this step, with those that may have been bad.
    var possiblyBad = 0
    /// Bad trials of the candidate in the whole rollout.
    var badInRollout = 0
    /// When the candidate was last counted.
    var lastData: Instant?

    init(objective: Objective, settings: ObjectiveTest.Settings, hasPromise: Bool = true) {
      self.objective = objective
      let worth = objective.trialsPerRequest
      test = ObjectiveTest(
        settings, hasFloor: objective.floor != nil, hasPromise: hasPromise, requestsWorth: worth)
      watch = Detector(settings.dependence.withoutBaseline.ofRequests(worth: worth))
      if settings.dependence == .matched { baseline = Tally() }
    }
  }

  package internal(set) var checks: [Check] = []
  /// How the tests were made when this candidate was admitted.
  private(set) var settings: ObjectiveTest.Settings
  /// Whether the candidate predicts as stable does, when that is asked.
  package internal(set) var predictions: PredictionDrift?
  /// Which revision has more of its entities reach a goal, when that is asked.
  package internal(set) var goal: GoalCheck?
  /// Whether every slice of the requests is as healthy, when that is asked.
  package internal(set) var slices: SliceChecks?
  /// How many samples of the candidate should have come since they were last complete, in thousandths.
  private var unsampled = 0
  private var lastSample: Instant?
  /// Whether the requests are split as was asked, in the present step.
  private var split = SplitCheck()
  /// When the present share was first seen in force; nothing before it counts.
  package private(set) var countingSince: Instant?
  /// Since when the share is waited for.
  private(set) var waitingSince: Instant?
  /// The candidate's requests before anything counted.
  private(set) var warmedUp = 0
  /// How many steps have begun, so that an objective added later has as many starts.
  private var steps = 0

  package init() { self.init([], .standard) }

  /// Begins with no evidence.
  private init(_ objectives: [Objective], _ settings: ObjectiveTest.Settings) {
    self.settings = settings
    checks = objectives.map { Check(objective: $0, settings: settings) }
  }

  /// Forgets everything: a new candidate starts from nothing.
  mutating func reset(for deployment: Deployment?, hasBaseline: Bool = false) {
    guard let deployment else { return self = Checks() }
    let analysis = deployment.analysis
    self = Checks(deployment.objectives, hasBaseline ? analysis.test : analysis.testAlone)
  }

  /// Compares the predictions with stable's, too.
  mutating func comparePredictions(_ drift: DriftSettings?) {
    predictions = PredictionDrift(drift, settings)
  }

  /// Compares what entities do, too; another goal starts from nothing.
  mutating func compareEntities(by goal: Goal?) {
    if self.goal?.goal != goal { self.goal = goal.map(GoalCheck.init) }
  }

  /// Judges slices of the requests by themselves, too; others start from nothing.
  mutating func judgeSlices(by asked: Slices?) {
    if slices?.asked != asked { slices = asked.map(SliceChecks.init) }
  }

  /// The checks of a slice that is seen for the first time, with as many starts as these.
  ///
  /// They ask whether it is as good as with stable. A tenant whose requests fail with either revision breaks the
  /// promise, and has too few of them in a look to tell that from the candidate's fault.
  private var ofNewSlice: Checks {
    var slice = Checks([], settings)
    slice.checks = checks.map(\.objective).filter { !$0.isSampled && $0.during == nil }
      .map { objective in
        var check = Check(objective: objective, settings: settings, hasPromise: false)
        for _ in 0..<steps { check.test.beginStep(objective.limit) }
        return check
      }
    slice.steps = steps
    return slice
  }

  private mutating func lookAtSlices(_ arms: ArmCounts, at now: Instant) {
    if let newcomers = slices?.newcomers(in: arms) {
      let fresh = ofNewSlice
      slices?.begin(newcomers, with: fresh)
    }
    slices?.look(arms, at: now)
  }

  /// Takes over the objectives of the manifest, keeping the evidence of those that did not change.
  mutating func adopt(_ objectives: [Objective], in step: Route?) {
    guard objectives != checks.map(\.objective) else { return }
    let known = checks
    checks = objectives.map { objective in
      if let old = known.first(where: { $0.objective == objective }) { return old }
      var new = Check(objective: objective, settings: settings)
      // One of a step of its own begins with that.
      let starts = objective.during == nil ? steps : objective.holds(in: step) ? 1 : 0
      for _ in 0..<starts { new.test.beginStep(objective.limit) }
      // Another limit of what is broken is yet to be kept.
      let old = known.first { $0.recovery != nil && $0.objective.name == objective.name }
      if let since = old?.recovery?.since { new.beginRecovery(settings, at: since) }
      return new
    }
    guard slices != nil else { return }
    let fresh = ofNewSlice
    slices?.adopt(fresh)
  }

  /// Begins a step: its own tallies, and one more start of every test that has data in it.
  ///
  /// A test of another step keeps what it found: its evidence counts on, and may have to be told.
  ///
  /// - Parameters:
  ///   - step: What the candidate gets; nil after all of them.
  ///   - now: The time.
  ///   - spread: For how long a change may come at any moment; zero when it would come at once.
  mutating func beginStep(_ step: Route?, at now: Instant, spreadOver spread: Duration) {
    steps += 1
    split = SplitCheck()
    predictions?.beginStep(spreadOver: spread)
    slices?.beginStep(at: now, spreadOver: spread)
    if goal?.hasData == true { goal?.beginAnew() }
    pause(at: now)
    for index in checks.indices where checks[index].objective.holds(in: step) {
      checks[index].test.beginStep(
        checks[index].objective.limit, spreadOver: Int(spread.inMilliseconds))
      checks[index].candidate = Tally()
      checks[index].stable = Tally()
      if checks[index].baseline != nil { checks[index].baseline = Tally() }
      checks[index].possiblyBad = 0
    }
  }

  /// Stops counting until the traffic is seen in force again.
  mutating func pause(at now: Instant) {
    waitingSince = now
    countingSince = nil
    for index in checks.indices { checks[index].lastData = nil }
    (unsampled, lastSample) = (0, nil)
  }

  mutating func startCounting(at now: Instant) { countingSince = now }

  /// Takes requests into account that do not count.
  mutating func warmUp(_ requests: Int, at now: Instant) {
    guard requests > 0 else { return }
    warmedUp = warmedUp.adding(saturating: requests)
    // What is being warmed up is not waited for in vain.
    waitingSince = now
  }

  /// Forgives the time in which nobody looked.
  mutating func wake(at now: Instant) {
    // The counts of another life do not know whom this one has counted.
    goal?.beginAnew()
    if waitingSince != nil { waitingSince = now }
    guard countingSince != nil else { return }
    for index in checks.indices { checks[index].lastData = now }
    lastSample = now
  }

  /// Takes one look's counts into account; counts that cannot be are no data.
  ///
  /// - Parameters:
  ///   - arms: What was answered since the last look.
  ///   - isOnTrial: Whether they are a candidate's; nothing is to be proven of what serves already.
  ///   - route: What the candidate gets; nil when there is nothing to compare it with.
  ///   - step: What it gets when that is a step, of which there may be objectives.
  ///   - now: The time.
  ///   - drift: What is sampled.
  ///   - entityShare: The candidate's share among its own entities and those of what it is compared with.
  ///   - isSplitByClient: Whether clients are split, of which some ask more than others: then the shares of
  ///     the requests say nothing.
  mutating func look(
    _ arms: ArmCounts, isOnTrial: Bool, route: Route?, in step: Route?, at now: Instant,
    _ drift: DriftSettings?, entityShare: Double, isSplitByClient: Bool
  ) {
    // Clients that ask for the candidate are another crowd than those that do not: the two are not compared.
    let isChosen = route?.isMatch == true
    if case .split(let share)? = route, !isSplitByClient {
      split.look(
        candidate: arms.candidate.requests, of: arms.requests, share: Double(share.value) / 1000)
    }
    for index in checks.indices where checks[index].objective.holds(in: step) {
      checks[index].look(
        arms, settings, isOnTrial: isOnTrial, isCompared: !isChosen, at: now)
    }
    if route?.isDrawn == true {
      goal?.look(arms, share: entityShare)
      if isOnTrial { lookAtSlices(arms, at: now) }
    }
    if let drift, !isChosen { look(arms, isAlone: isOnTrial && route == nil, drift, at: now) }
  }

  private mutating func look(
    _ arms: ArmCounts, isAlone: Bool, _ drift: DriftSettings, at now: Instant
  ) {
    let isSampled = arms.candidate.samples.map { $0.dropped == 0 && $0.requests > 0 } ?? false
    if isSampled { lastSample = now }
    let expected = drift.sample.expected(
      of: max(0, arms.candidate.requests), among: max(0, arms.requests), look: settings.look)
    unsampled = isSampled ? 0 : unsampled.adding(saturating: expected)
    let outputs = drift.profile.outputs
    if isAlone {
      predictions?.lookAlone(arms.candidate.samples, of: outputs)
    } else {
      predictions?.look(arms.candidate.samples, arms.reference.samples, of: outputs)
    }
  }

  /// Whether there were no complete samples for as long as the manifest accepts, although so many
  /// requests came that it is no accident: with a chance of 2 in 10^9.
  func lacksSamples(_ deployment: Deployment, in step: Route?, at now: Instant) -> Bool {
    guard deployment.drift != nil, let since = lastSample ?? countingSince,
      now.since(since) >= deployment.patience(for: .samples, in: step)
    else { return false }
    return unsampled >= 20_000
  }

  /// Whether the requests, or the entities, are not split as was asked.
  var isSplitWrong: Bool { split.reaches(Self.logSplitBar) || goal?.isSplitWrong == true }

  /// The evidence of each objective.
  package var evidence: [Double] { checks.map { $0.test.logE } }

  /// The promises that a serving revision has broken, each by itself.
  var broken: [Objective] {
    let bar = Analysis.log(settings.averageRunLength)
    return checks.filter { $0.watch.logE >= bar }.map(\.objective)
  }

  /// Returns the objectives that a serving revision has broken; none while all together look well.
  func breaches() -> [CheckReport] {
    let bar = Analysis.log(settings.averageRunLength)
    guard checks.contains(where: { $0.watch.logBound >= bar }),
      LogMean(checks.lazy.map { ($0.watch.logE, $0.objective.weight) }).logE >= bar
    else { return [] }
    let worst = checks.max { $0.watch.logE < $1.watch.logE }
    return worst.map { [report(on: $0, .fail, alpha: Self.alphaOfTheWatch)] } ?? []
  }

  /// Evidence of a wrong split above which nothing is decided on the counts.
  static let logSplitBar = Analysis.log(1000)
  static let alphaOfTheWatch = 0.01
}

extension Checks: Codable {
  private enum CodingKeys: CodingKey {
    case settings, objectives
    case checks, predictions, unsampled, lastSample, split, countingSince, waitingSince, steps
    case warmedUp, goal, slices
  }

  /// Checks without evidence are their objectives: what stable begins with, and half of all records.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(settings, forKey: .settings)
    let objectives = checks.map(\.objective)
    guard self != Checks(objectives, settings) else {
      return try container.encode(objectives, forKey: .objectives)
    }
    try container.encode(checks, forKey: .checks)
    try container.encodeIfPresent(predictions, forKey: .predictions)
    try container.encodeIfPresent(goal, forKey: .goal)
    try container.encodeIfPresent(slices, forKey: .slices)
    try container.encode(unsampled, forKey: .unsampled)
    try container.encodeIfPresent(lastSample, forKey: .lastSample)
    try container.encode(split, forKey: .split)
    try container.encodeIfPresent(countingSince, forKey: .countingSince)
    try container.encodeIfPresent(waitingSince, forKey: .waitingSince)
    try container.encode(steps, forKey: .steps)
    if warmedUp > 0 { try container.encode(warmedUp, forKey: .warmedUp) }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let objectives = try container.decodeIfPresent([Objective].self, forKey: .objectives)
    self.init(
      objectives ?? [], try container.decode(ObjectiveTest.Settings.self, forKey: .settings))
    guard objectives == nil else { return }
    checks = try container.decode([Check].self, forKey: .checks)
    predictions = try container.decodeIfPresent(PredictionDrift.self, forKey: .predictions)
    goal = try container.decodeIfPresent(GoalCheck.self, forKey: .goal)
    slices = try container.decodeIfPresent(SliceChecks.self, forKey: .slices)
    unsampled = try container.decode(Int.self, forKey: .unsampled)
    lastSample = try container.decodeIfPresent(Instant.self, forKey: .lastSample)
    split = try container.decode(SplitCheck.self, forKey: .split)
    countingSince = try container.decodeIfPresent(Instant.self, forKey: .countingSince)
    waitingSince = try container.decodeIfPresent(Instant.self, forKey: .waitingSince)
    steps = try container.decode(Int.self, forKey: .steps)
    warmedUp = try container.decodeIfPresent(Int.self, forKey: .warmedUp) ?? 0
  }
}

extension Checks.Check {
  fileprivate mutating func look(
    _ arms: ArmCounts, _ settings: ObjectiveTest.Settings, isOnTrial: Bool, isCompared: Bool,
    at now: Instant
  ) {
    guard let tried = arms.candidate.tested(of: objective),
      let possible = arms.candidate.possible(of: objective),
      let proven = arms.stable.tested(of: objective),
      let other = arms.reference.tested(of: objective)
    else { return }
    if tried.total > 0 { lastData = now }
    candidate.add(tried)
    if isCompared { stable.add(proven) }
    if arms.baseline != nil { baseline?.add(other) }
    possiblyBad = possiblyBad.adding(saturating: possible.bad)
    badInRollout = badInRollout.adding(saturating: tried.bad)
    let limit = objective.limit
    if isOnTrial {
      test.look(
        Arms(candidate: tried, stable: other), possible: possible, limit: limit,
        isCompared: isCompared)
    }
    watch.look(tried, allowed: limit.allowed, length: settings.look)
    recover(possible, settings, at: now)
  }
}
