import Control
import Manifests
import Rollouts

/// Turns samples into counts that only grow: each series is compared with itself alone.
struct Meter {
  private let scheme: MetricScheme
  private let interval: Duration
  private let replicaLabels: [String]
  /// What this life calls itself: counts of another one do not go on here.
  private let life: String

  private var lives = 0
  private var accounts: [RevisionKey: Account] = [:]
  private var groups: [SubjectKey: [ScrapeTarget: CounterGroup]] = [:]
  /// From when on each subject is counted.
  private var beginnings: [SubjectKey: CounterGroup.Beginning] = [:]
  /// Which Prometheus each target is read from.
  private var replicas: [ScrapeTarget: [String]] = [:]
  /// Until when each deployment is counted.
  private var moments: [DeploymentName: Instant] = [:]
  /// Of which deployments the last answer could not be counted, and why.
  private(set) var failures: [DeploymentName: PrometheusError] = [:]

  /// The moment of the target that was scraped the longest ago, of those that have missed few scrapes.
  private(set) var oldest: Instant?

  /// A target that is not seen for so many scrapes is gone.
  private static let missedScrapes = 3
  /// Longer than any answer reaches back.
  private static let memory = Duration.seconds(2 * 3600)

  init(_ settings: PrometheusSettings, life: String) {
    scheme = settings.metrics
    interval = settings.scrapeInterval
    replicaLabels = settings.replicaLabels
    self.life = life
  }

  private var edges: [Int] { scheme.latencyEdges }

  /// Who is to sort what is answered, for `take`.
  var sorting: Sorting { Sorting(scheme, replicaLabels: replicaLabels) }

  /// Counts what is new in some answers; leaves what is counted as it is when it throws.
  ///
  /// - Parameters:
  ///   - sorted: The samples of the window.
  ///   - health: Those of `up` and of the starts of the targets' processes.
  ///   - subjects: What to count; what is no longer asked for keeps its value while another subject of
  ///     its revision is.
  /// - Returns: Everything that was counted since each subject's beginning.
  /// - Throws: Why there is no data of any.
  mutating func take(
    _ sorted: Sorting, health: [SampledSeries], of subjects: [CountSubject]
  ) throws(PrometheusError) -> Counters {
    guard !sorted.isEmpty else {
      for subject in subjects { begin(SubjectKey(subject), subject.since, seen: nil) }
      throw PrometheusError(.noSamples, "there are no samples")
    }
    var next = self
    do throws(PrometheusError) {
      let counters = try next.count(sorted, health, subjects)
      self = next
      return counters
    } catch {
      beginLater(sorted.broken, subjects)
      throw error
    }
  }

  /// Notes of what cannot be counted, and never was, that nothing of it is known until now.
  private mutating func beginLater(_ broken: [SubjectKey: Instant], _ subjects: [CountSubject]) {
    for subject in subjects {
      let key = SubjectKey(subject)
      guard let moment = broken[key], groups[key] == nil else { continue }
      begin(key, subject.since, seen: moment)
      beginnings[key]?.wasBroken = true
    }
  }

  private mutating func count(
    _ sorted: Sorting, _ health: [SampledSeries], _ subjects: [CountSubject]
  ) throws(PrometheusError) -> Counters {
    let board = Scoreboard(health, replicaLabels: replicaLabels)
    let targets = sorted.targets
    failures = sorted.failures
    let newest = targets.values.flatMap { $0.values.compactMap(\.newest) }.max()
    guard let newest else { throw noData ?? PrometheusError(.noSamples, "there are no samples") }
    let present = Set(targets.values.flatMap(\.values).flatMap(\.scrapes.keys))
    admit(subjects, newest, present)
    beginLater(sorted.broken, subjects)
    var reached: [ScrapeTarget: Instant] = [:]
    for (target, replicas) in targets { reached[target] = take(target, replicas, board, newest) }
    for target in self.targets where targets[target] == nil {
      reached[target] = asOf(silent: target, board)
    }
    let counters = try counters(reached)
    // A process that begins from now on is new to everything.
    for key in present where beginnings[key]?.moment == .never { beginnings[key]?.moment = newest }
    return counters
  }

  /// Why nothing can be counted, where that is so of a deployment.
  private var noData: PrometheusError? { failures.min { $0.key < $1.key }?.value }

  // MARK: Subjects

  private mutating func admit(
    _ subjects: [CountSubject], _ newest: Instant, _ present: Set<SubjectKey>
  ) {
    let asked = Dictionary(subjects.map { (SubjectKey($0), $0.since) }) { $1 }
    for (key, moment) in asked {
      begin(key, moment, seen: present.contains(key) ? newest : nil)
      guard accounts[key.revision] == nil else { continue }
      lives += 1
      accounts[key.revision] = Account(life: lives)
    }
    close(groups.keys.filter { asked[$0] == nil })
    let limit = newest.advanced(by: Self.memory * -1)
    beginnings = beginnings.filter { key, beginning in
      asked[key] != nil || beginning.moment > limit && beginning.moment != .never
    }
    let revisions = Set(asked.keys.map(\.revision))
    accounts = accounts.filter { revisions.contains($0.key) }
    let deployments = Set(revisions.map(\.deployment))
    moments = moments.filter { deployments.contains($0.key) }
    forget(newest)
  }

  /// Notes from when on a subject is counted: what is counted already stays so.
  ///
  /// Of a beginning that is not known only the first answer matters: what it holds may have been counted by an earlier
  /// life, and what it does not hold was not there.
  private mutating func begin(_ key: SubjectKey, _ moment: Instant?, seen newest: Instant?) {
    guard let known = beginnings[key] else {
      let earliest = moment ?? newest ?? .never
      beginnings[key] = .init(moment: earliest, wasAbsent: moment == nil && newest == nil)
      return
    }
    if let moment { beginnings[key] = known.notBefore(moment) }
  }

  private mutating func close(_ keys: [SubjectKey]) {
    for key in keys {
      for group in (groups.removeValue(forKey: key) ?? [:]).values { close(group, key) }
    }
  }

  private mutating func close(_ group: CounterGroup, _ key: SubjectKey) {
    // Should it be there again, this is not counted a second time.
    if let newest = group.newest { beginnings[key] = beginnings[key]?.notBefore(newest) }
    let counts = group.tally.counts(edges: edges, hasLatency: scheme.latency != nil)
    accounts[key.revision]?.add(counts)
  }

  /// Pods come and go: of one that is gone for an hour the counts are kept and the series forgotten.
  private mutating func forget(_ newest: Instant) {
    let limit = newest.advanced(by: .seconds(-3600))
    for (key, targets) in groups {
      for (target, group) in targets where group.newest.map({ $0 < limit }) ?? true {
        close(group, key)
        groups[key]?[target] = nil
      }
    }
    let known = targets
    replicas = replicas.filter { known.contains($0.key) }
  }

  // MARK: Targets

  /// The targets of which something is counted.
  var targets: Set<ScrapeTarget> { Set(groups.values.flatMap(\.keys)) }

  /// Until when a target is known that tells nothing any more; nil when Prometheus has dropped it.
  ///
  /// Its scrapes fail, or it has nothing to tell.
  private func asOf(silent target: ScrapeTarget, _ board: Scoreboard) -> Instant? {
    let history = board.history(of: target, replicas[target] ?? [])
    guard isScraped(history, board) else { return nil }
    return history.scrapes.last ?? groups.values.compactMap { $0[target]?.newest }.max()
  }

  /// Whether Prometheus still tries, whatever comes of it.
  private func isScraped(_ history: TargetHistory, _ board: Scoreboard) -> Bool {
    let limit = board.newest?.advanced(by: interval * -Self.missedScrapes)
    guard let seen = history.newest, let limit else { return false }
    return seen >= limit
  }

  /// Counts what is new of one target; returns until when, or nil of one that is gone.
  private mutating func take(
    _ target: ScrapeTarget, _ answers: [[String]: TargetAnswer], _ board: Scoreboard,
    _ newest: Instant
  ) -> Instant? {
    let (replica, answer) = choose(target, answers)
    let isOther = replicas[target].map { $0 != replica } ?? false
    replicas[target] = replica
    let history = board.history(of: target, replica)
    for (key, scrapes) in answer.scrapes {
      follow(key, to: target)
      var group = groups[key]?[target] ?? CounterGroup(edges: edges)
      do throws(PrometheusError) {
        try group.take(
          scrapes, history, from: beginnings[key] ?? .init(moment: .never), edges: edges,
          isOtherReplica: isOther)
        groups[key, default: [:]][target] = group
      } catch {
        failures[key.revision.deployment] = error
      }
    }
    guard isScraped(history, board) else { return nil }
    return [answer.newest, history.scrapes.last { $0 <= newest }].compactMap { $0 }.max()
  }

  /// A pod that is scraped as another target, as by a job of another name, goes on: what the first has told is not new.
  private mutating func follow(_ key: SubjectKey, to target: ScrapeTarget) {
    guard isPod, groups[key]?[target] == nil else { return }
    let known = groups[key]?.values.compactMap(\.newest).max()
    if let known { beginnings[key] = beginnings[key]?.notBefore(known) }
  }

  private var isPod: Bool { scheme.subject.isPod }

  /// Refuses a pod of which two targets tell, as a ServiceMonitor's and a PodMonitor's: each request would count twice.
  private mutating func refuseTwins(_ reached: [ScrapeTarget: Instant]) {
    guard isPod else { return }
    for (key, targets) in groups where targets.keys.count(where: { reached[$0] != nil }) > 1 {
      let jobs = targets.keys.map { "\($0.job) \($0.instance)" }.sorted().joined(separator: ", ")
      failures[key.revision.deployment] = PrometheusError(
        .shape, "several targets tell of one pod, so that each request counts twice: \(jobs)")
    }
  }

  /// Stays with the Prometheus that was read before, until it falls behind.
  private func choose(
    _ target: ScrapeTarget, _ answers: [[String]: TargetAnswer]
  ) -> ([String], TargetAnswer) {
    let newest = answers.values.compactMap(\.newest).max()
    let limit = newest?.advanced(by: interval * -Self.missedScrapes) ?? .never
    if let replica = replicas[target], let answer = answers[replica],
      let moment = answer.newest, moment >= limit
    {
      return (replica, answer)
    }
    let best = answers.filter { $0.value.newest == newest }
      .min { $0.key.lexicographicallyPrecedes($1.key) }
    return best.map { ($0.key, $0.value) } ?? ([], TargetAnswer())
  }

  // MARK: Counters

  /// Makes the counters of what is counted by now, where each target that is still scraped is known until some moment.
  ///
  /// It throws why there is no data of any deployment.
  private mutating func counters(
    _ reached: [ScrapeTarget: Instant]
  ) throws(PrometheusError) -> Counters {
    refuseTwins(reached)
    let own = own(reached)
    guard let best = own.values.max() else {
      let gone = PrometheusError(.noSamples, "none of the targets is scraped any longer")
      throw noData ?? gone
    }
    for deployment in failures.keys { moments[deployment] = moments[deployment] ?? best }
    moments.merge(own) { $1 }
    var behind = own.filter { $0.value < best }
    for deployment in failures.keys { behind[deployment] = moments[deployment] }
    // Who has missed as many scrapes as that holds up no question, and is told of.
    let limit = best.advanced(by: interval * -Self.missedScrapes)
    oldest = own.values.filter { $0 >= limit }.min()
    for deployment in own.keys where own[deployment].map({ $0 < limit }) == true {
      failures[deployment] = PrometheusError(
        .noSamples, "a target of it is not scraped any longer, or its scrapes fail")
    }
    return Counters(asOf: best, series: series, behind: behind)
  }

  /// Until when each deployment is counted that can be.
  private func own(_ reached: [ScrapeTarget: Instant]) -> [DeploymentName: Instant] {
    groups.reduce(into: [:]) { own, item in
      let deployment = item.key.revision.deployment
      guard failures[deployment] == nil else { return }
      let moment = item.value.keys.compactMap { reached[$0] }.min()
      own[deployment] = [own[deployment], moment].compactMap { $0 }.min()
    }
  }

  private var series: [DeploymentName: [CounterSeries.ID: CounterSeries]] {
    var totals = accounts.compactMapValues(\.closed)
    for (key, targets) in groups {
      for group in targets.values {
        let counts = group.tally.counts(edges: edges, hasLatency: scheme.latency != nil)
        totals[key.revision] = totals[key.revision]?.adding(counts) ?? counts
      }
    }
    var series: [DeploymentName: [CounterSeries.ID: CounterSeries]] = [:]
    for (key, counts) in totals {
      series[key.deployment, default: [:]][CounterSeries.ID(key.revision, of: "prometheus")] =
        CounterSeries(epoch: "\(life)-\(accounts[key]?.life ?? 0)", counts: counts)
    }
    return series
  }
}

/// A revision whose counts only grow.
struct RevisionKey: Hashable {
  let deployment: DeploymentName
  let revision: Revision.ID
}

/// A subject, whose beginning may be told anew.
struct SubjectKey: Hashable {
  let revision: RevisionKey
  let labels: [String: String]

  init(_ subject: CountSubject) {
    revision = RevisionKey(deployment: subject.deployment, revision: subject.revision)
    labels = subject.labels
  }
}

private struct Account {
  /// A revision that is asked for again begins another life: its counts begin anew.
  let life: Int
  /// What groups have counted that are read no longer.
  private(set) var closed: Counts?

  init(life: Int) { self.life = life }

  mutating func add(_ counts: Counts) { closed = closed?.adding(counts) ?? counts }
}
