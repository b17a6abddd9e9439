import Analysis
import Manifests
import Rollouts

/// What one Prometheus has scraped of one target, by subject.
struct TargetAnswer {
  /// Ascending.
  fileprivate(set) var scrapes: [SubjectKey: [CounterGroup.Scrape]] = [:]
  fileprivate(set) var newest: Instant?

  fileprivate mutating func add(
    _ found: [CounterGroup.Scrape], of key: SubjectKey, upTo last: Instant
  ) {
    scrapes[key] = found
    newest = max(newest ?? last, last)
  }
}

/// What is known of the health of the targets.
struct Scoreboard {
  private struct Place: Hashable {
    let target: ScrapeTarget
    let replica: [String]
  }

  private var histories: [Place: TargetHistory] = [:]
  /// The newest scrape of any target.
  let newest: Instant?

  init(_ health: [SampledSeries], replicaLabels: [String]) {
    for series in health {
      let place = Place(
        target: ScrapeTarget(series.labels), replica: series.labels.values(of: replicaLabels))
      histories[place, default: TargetHistory()].add(series)
    }
    newest = histories.values.compactMap(\.newest).max()
  }

  func history(of target: ScrapeTarget, _ replica: [String]) -> TargetHistory {
    histories[Place(target: target, replica: replica)] ?? TargetHistory()
  }
}

/// Sorts the series of answers by who scraped whom, and by whose requests they count.
///
/// It takes one answer after the other, and keeps of each what is counted: together they would take tens of megabytes. What
/// is wrong with the series of one deployment is said of it alone: those of another one may come from other people's servers.
struct Sorting {
  private let scheme: MetricScheme
  private let replicaLabels: [String]
  /// What was found of each target, by the labels of who has scraped it.
  private(set) var targets: [ScrapeTarget: [[String]: TargetAnswer]] = [:]
  /// Whose series there are, even if nothing of them is counted.
  private(set) var seen: Set<ScrapeTarget> = []
  /// What cannot be counted, and why.
  private(set) var failures: [DeploymentName: PrometheusError] = [:]
  /// The subjects of what cannot be, with the newest moment of it.
  private(set) var broken: [SubjectKey: Instant] = [:]
  private var presence: [RevisionKey: Presence] = [:]

  init(_ scheme: MetricScheme, replicaLabels: [String]) {
    (self.scheme, self.replicaLabels) = (scheme, replicaLabels)
  }

  /// Whether there is no series at all.
  var isEmpty: Bool { seen.isEmpty }

  /// Takes the answer to what was asked of some subjects.
  mutating func add(_ series: [SampledSeries], of subjects: Set<SubjectKey>) {
    let index = Index(subjects)
    var found: [Place: [SampledSeries]] = [:]
    // What was not scraped, as the result of a rule, tells nothing of a target.
    for series in series where series.labels["job"] != nil && series.labels["instance"] != nil {
      let target = ScrapeTarget(series.labels)
      let replica = series.labels.values(of: replicaLabels)
      for key in index.keys(of: series) {
        seen.insert(target)
        found[Place(target: target, replica: replica, key: key), default: []].append(series)
      }
    }
    for (place, series) in found.sorted(by: { $0.key < $1.key }) {
      do throws(PrometheusError) {
        try add(series, at: place)
      } catch {
        refuse(place.key, error, at: series.compactMap(\.samples.last?.at).max())
      }
    }
  }

  /// Notes why a subject cannot be counted, for the first reason that there is.
  mutating func refuse(_ key: SubjectKey, _ error: PrometheusError, at moment: Instant?) {
    let deployment = key.revision.deployment
    failures[deployment] = failures[deployment] ?? error
    broken[key] = [broken[key], moment].compactMap { $0 }.max()
  }

  private struct Place: Hashable, Comparable {
    let target: ScrapeTarget
    let replica: [String]
    let key: SubjectKey

    static func < (left: Self, right: Self) -> Bool {
      (left.target.job, left.target.instance) < (right.target.job, right.target.instance)
    }
  }

  /// Subjects by the names of their labels, and by the values of these.
  private struct Index {
    private var subjects: [[String]: [[String]: [SubjectKey]]] = [:]

    init(_ keys: Set<SubjectKey>) {
      for key in keys {
        let names = key.labels.keys.sorted()
        subjects[names, default: [:]][key.labels.values(of: names), default: []].append(key)
      }
    }

    func keys(of series: SampledSeries) -> [SubjectKey] {
      subjects.flatMap { names, byValues in byValues[series.labels.values(of: names)] ?? [] }
    }
  }

  private mutating func add(
    _ series: [SampledSeries], at place: Place
  ) throws(PrometheusError) {
    if let refusal = series.lazy.compactMap(\.refusal).first { throw refusal }
    let scrapes = try scrapes(preferred(series), of: place.key.revision)
    guard let last = scrapes.last else { return }
    targets[place.target, default: [:]][place.replica, default: TargetAnswer()]
      .add(scrapes, of: place.key, upTo: last.at)
  }

  /// Refuses requests without latencies, and latencies without requests: what is judged would be a half.
  mutating func requireBoth() {
    guard scheme.latency != nil else { return }
    for (revision, presence) in presence {
      guard let problem = presence.problem else { continue }
      failures[revision.deployment] = failures[revision.deployment] ?? problem
    }
  }

  /// Of a metric that has several names only the first that is there.
  private func preferred(_ series: [SampledSeries]) -> [SampledSeries] {
    let present = Set(series.map(\.name))
    let chosen = Set(scheme.alternatives.compactMap { $0.first(where: present.contains) })
    return series.filter { chosen.contains($0.name) }
  }

  private mutating func scrapes(
    _ series: [SampledSeries], of revision: RevisionKey
  ) throws(PrometheusError) -> [CounterGroup.Scrape] {
    var scrapes: [Instant: CounterGroup.Scrape] = [:]
    var edges: Set<Int?> = []
    for series in series {
      guard let measure = try scheme.measure(series.labels) else { continue }
      if case .bucket(let edge) = measure { edges.insert(edge) }
      presence[revision, default: Presence()].note(measure, series.samples)
      let name = SeriesName(series.labels, without: replicaLabels)
      for sample in series.samples {
        let value = try Self.count(sample.value, series.name)
        scrapes[sample.at, default: CounterGroup.Scrape(at: sample.at, values: [:])]
          .values[name] = CounterGroup.Reading(measure: measure, value: value)
      }
    }
    try check(edges)
    return scrapes.values.sorted { $0.at < $1.at }
  }

  /// The edges are known when a limit is planned: others than these would judge it otherwise.
  private func check(_ edges: Set<Int?>) throws(PrometheusError) {
    guard !edges.isEmpty else { return }
    let missing = scheme.latencyEdges.filter { !edges.contains($0) }
    guard missing.isEmpty, edges.contains(nil) else {
      let edge = missing.first.map { "\($0) ms" } ?? "+Inf"
      throw PrometheusError(.shape, "the latencies have no bucket with the edge \(edge)")
    }
  }

  private static func count(_ value: Double, _ name: String) throws(PrometheusError) -> Int {
    guard (0...Double(1 << 53)).contains(value), let count = Int(exactly: value) else {
      throw PrometheusError(.value, "\(name) is \(value), which is no count")
    }
    return count
  }
}

/// Which halves of what is judged the series of a revision tell.
private struct Presence {
  private var hasRequests = false
  private var hasLatencies = false
  private var isTimed = false
  /// When a good answer was there first, and when something was told last.
  private var goodSince: Instant?
  private var newest: Instant?

  mutating func note(_ measure: Measure, _ samples: [SampledSeries.Sample]) {
    newest = [newest, samples.last?.at].compactMap { $0 }.max()
    let first = samples.first { $0.value > 0 }?.at
    switch measure {
    case .request(let isError):
      hasRequests = true
      if !isError { goodSince = [goodSince, first].compactMap { $0 }.min() }
    case .error: break
    case .bucket:
      hasLatencies = true
      if first != nil { isTimed = true }
    }
  }

  /// What is missing; a histogram may be some seconds behind the counters.
  var problem: PrometheusError? {
    if isTimed, !hasRequests {
      return PrometheusError(.shape, "there are latencies, and no requests by any known name")
    }
    guard !hasLatencies, let goodSince, let newest, newest.since(goodSince) > Tally.longestLag
    else { return nil }
    return PrometheusError(.noLatency, "there are requests, and no latencies by any known name")
  }
}

extension [String: String] {
  /// The values of some labels, "" for one that is not there, as Prometheus has it.
  func values(of names: [String]) -> [String] { names.map { self[$0] ?? "" } }
}
