import Analysis
import Manifests
import Rollouts

/// What one Prometheus has scraped of one target, by subject.
struct TargetAnswer {
  /// Ascending.
  fileprivate(set) var scrapes: [SubjectKey: [CounterGroup.Scrape]] = [:]
  fileprivate(set) var newest: Instant?
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

/// Sorts the series of an answer by who scraped whom, and by whose requests they count.
struct Sorting {
  private let scheme: MetricScheme
  private let replicaLabels: [String]
  /// By the names of their labels, and by the values of these.
  private let subjects: [[String]: [[String]: [SubjectKey]]]

  init(_ scheme: MetricScheme, _ replicaLabels: [String], _ subjects: [CountSubject]) {
    self.scheme = scheme
    self.replicaLabels = replicaLabels
    var index: [[String]: [[String]: [SubjectKey]]] = [:]
    for key in Set(subjects.map { SubjectKey($0) }) {
      let names = key.labels.keys.sorted()
      index[names, default: [:]][key.labels.values(of: names), default: []].append(key)
    }
    self.subjects = index
  }

  func targets(
    of series: [SampledSeries]
  ) throws(PrometheusError) -> [ScrapeTarget: [[String]: TargetAnswer]] {
    var collections: [ScrapeTarget: [[String]: [SubjectKey: [SampledSeries]]]] = [:]
    for series in series {
      let replica = series.labels.values(of: replicaLabels)
      for key in keys(of: series) {
        collections[ScrapeTarget(series.labels), default: [:]][replica, default: [:]][
          key, default: []
        ].append(series)
      }
    }
    var targets: [ScrapeTarget: [[String]: TargetAnswer]] = [:]
    var found = Found()
    for (target, replicas) in collections {
      for (replica, subjects) in replicas {
        targets[target, default: [:]][replica] = try answer(subjects, &found)
      }
    }
    if scheme.latency != nil, found.good, !found.latency {
      throw PrometheusError(.noLatency, "there are requests, and no latencies by any known name")
    }
    return targets
  }

  private func keys(of series: SampledSeries) -> [SubjectKey] {
    subjects.flatMap { names, byValues in byValues[series.labels.values(of: names)] ?? [] }
  }

  private struct Found {
    var good = false
    var latency = false
  }

  private func answer(
    _ subjects: [SubjectKey: [SampledSeries]], _ found: inout Found
  ) throws(PrometheusError) -> TargetAnswer {
    var answer = TargetAnswer()
    for (key, series) in subjects {
      let scrapes = try scrapes(preferred(series), &found)
      guard let last = scrapes.last else { continue }
      answer.scrapes[key] = scrapes
      answer.newest = max(answer.newest ?? last.at, last.at)
    }
    return answer
  }

  /// Of a metric that has several names only the first that is there.
  private func preferred(_ series: [SampledSeries]) -> [SampledSeries] {
    let present = Set(series.map(\.name))
    let chosen = Set(scheme.alternatives.compactMap { $0.first(where: present.contains) })
    return series.filter { chosen.contains($0.name) }
  }

  private func scrapes(
    _ series: [SampledSeries], _ found: inout Found
  ) throws(PrometheusError) -> [CounterGroup.Scrape] {
    var scrapes: [Instant: CounterGroup.Scrape] = [:]
    var edges: Set<Int?> = []
    for series in series {
      guard let measure = try scheme.measure(series.labels) else { continue }
      if case .bucket(let edge) = measure { edges.insert(edge) }
      let name = SeriesName(series.labels, without: replicaLabels)
      for sample in series.samples {
        let value = try Self.count(sample.value, series.name)
        if measure == .request(isError: false), value > 0 { found.good = true }
        scrapes[sample.at, default: CounterGroup.Scrape(at: sample.at, values: [:])]
          .values[name] = CounterGroup.Reading(measure: measure, value: value)
      }
    }
    try check(edges)
    if !edges.isEmpty { found.latency = true }
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
