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
/// It takes one answer after the other, and keeps of each what is counted: together they would take tens of megabytes. What is wrong
/// with the series of one deployment is said of it alone: those of another one may come from other people's servers.
struct Sorting {
  private let scheme: MetricScheme
  private let replicaLabels: [String]
  /// What was found of each target, by the labels of who has scraped it.
  private(set) var targets: [ScrapeTarget: [[String]: TargetAnswer]] = [:]
  /// Whose series there are, even if nothing of them is counted.
  private(set) var seen: Set<ScrapeTarget> = []
  /// What cannot be counted, and why.
  private(set) var failures: [DeploymentName: PrometheusError] = [:]
  /// The deployments that have good answers, and those that have latencies.
  private var good: Set<DeploymentName> = []
  private var timed: Set<DeploymentName> = []

  init(_ scheme: MetricScheme, replicaLabels: [String]) {
    (self.scheme, self.replicaLabels) = (scheme, replicaLabels)
  }

  /// Whether there is no series at all.
  var isEmpty: Bool { seen.isEmpty }

  /// Takes the answer to what was asked of some subjects.
  mutating func add(_ series: [SampledSeries], of subjects: Set<SubjectKey>) {
    let index = Index(subjects)
    var found: [Place: [SampledSeries]] = [:]
    for series in series {
      let target = ScrapeTarget(series.labels)
      seen.insert(target)
      let replica = series.labels.values(of: replicaLabels)
      for key in index.keys(of: series) {
        found[Place(target: target, replica: replica, key: key), default: []].append(series)
      }
    }
    for (place, series) in found {
      do throws(PrometheusError) {
        try add(series, at: place)
      } catch {
        failures[place.deployment] = error
      }
    }
  }

  private struct Place: Hashable {
    let target: ScrapeTarget
    let replica: [String]
    let key: SubjectKey

    var deployment: DeploymentName { key.revision.deployment }
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
    let scrapes = try scrapes(preferred(series), of: place.deployment)
    guard let last = scrapes.last else { return }
    targets[place.target, default: [:]][place.replica, default: TargetAnswer()]
      .add(scrapes, of: place.key, upTo: last.at)
  }

  /// Refuses requests without latencies: what they took is not known.
  mutating func requireLatency() {
    guard scheme.latency != nil else { return }
    for deployment in good.subtracting(timed) {
      failures[deployment] = PrometheusError(
        .noLatency, "there are requests, and no latencies by any known name")
    }
  }

  /// Of a metric that has several names only the first that is there.
  private func preferred(_ series: [SampledSeries]) -> [SampledSeries] {
    let present = Set(series.map(\.name))
    let chosen = Set(scheme.alternatives.compactMap { $0.first(where: present.contains) })
    return series.filter { chosen.contains($0.name) }
  }

  private mutating func scrapes(
    _ series: [SampledSeries], of deployment: DeploymentName
  ) throws(PrometheusError) -> [CounterGroup.Scrape] {
    var scrapes: [Instant: CounterGroup.Scrape] = [:]
    var edges: Set<Int?> = []
    for series in series {
      guard let measure = try scheme.measure(series.labels) else { continue }
      if case .bucket(let edge) = measure { edges.insert(edge) }
      let name = SeriesName(series.labels, without: replicaLabels)
      for sample in series.samples {
        let value = try Self.count(sample.value, series.name)
        if measure == .request(isError: false), value > 0 { good.insert(deployment) }
        scrapes[sample.at, default: CounterGroup.Scrape(at: sample.at, values: [:])]
          .values[name] = CounterGroup.Reading(measure: measure, value: value)
      }
    }
    try check(edges)
    if !edges.isEmpty { timed.insert(deployment) }
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

extension [String: String] {
  /// The values of some labels, "" for one that is not there, as Prometheus has it.
  func values(of names: [String]) -> [String] { names.map { self[$0] ?? "" } }
}
