import Manifests
import Rollouts

/// Who is scraped, as Prometheus names it.
struct ScrapeTarget: Hashable {
  let job: String
  let instance: String

  init(_ labels: [String: String]) {
    job = labels["job"] ?? ""
    instance = labels["instance"] ?? ""
  }
}

/// Which series of a group it is, as a hash of its labels.
///
/// Each look has thousands of them, and their texts would be the largest thing that is kept. The hash has a key of this
/// process: of the fifty series of a group two are taken for one once in 10^16 groups.
struct SeriesName: Hashable {
  private let hash: Int

  /// Leaves out the labels that say which Prometheus has scraped it.
  init(_ labels: [String: String], without left: [String] = []) {
    hash = (left.isEmpty ? labels : labels.filter { !left.contains($0.key) }).hashValue
  }
}

/// What `up` and the start of the process say of one target.
struct TargetHistory: Equatable {
  /// The scrapes that succeeded, ascending.
  var scrapes: [Instant] = []
  /// The newest scrape, even one that failed.
  var newest: Instant?
  /// The starts of the process, as they were told, ascending by the moment of telling.
  var starts: [(at: Instant, start: Instant)] = []

  static func == (left: Self, right: Self) -> Bool {
    left.scrapes == right.scrapes && left.newest == right.newest
      && left.starts.map(\.start) == right.starts.map(\.start)
  }

  mutating func add(_ series: SampledSeries) {
    guard series.refusal == nil else { return }
    switch series.name {
    case "up":
      scrapes = Set(scrapes + series.samples.filter { $0.value == 1 }.map(\.at)).sorted()
      newest = [newest, series.samples.last?.at].compactMap { $0 }.max()
    case "process_start_time_seconds":
      let told = series.samples.filter { (1...1e11).contains($0.value) }
      starts += told.map { ($0.at, Instant(milliseconds: Int64($0.value * 1000))) }
      starts.sort { $0.at < $1.at }
    default: break
    }
  }

  /// When the process began that was scraped at `moment`; nil when it is not told.
  func start(at moment: Instant) -> Instant? {
    starts.last { $0.at <= moment }?.start
  }

  /// The last scrape before `moment`.
  func scrape(before moment: Instant) -> Instant? { scrapes.last { $0 < moment } }
}

/// What one series counts.
enum Measure: Hashable {
  case request(isError: Bool)
  case error
  /// Up to an edge; nil for the infinite one.
  case bucket(edge: Int?)
}

extension MetricScheme {
  /// Every name that a series may have.
  var allNames: [String] {
    requests.flatMap(\.names) + errors.joined()
      + (latency?.names ?? []).map { $0 + "_bucket" }
  }

  /// The lists of names of which only the first that exists is read.
  var alternatives: [[String]] {
    requests.map(\.names) + errors + (latency.map { [$0.names.map { $0 + "_bucket" }] } ?? [])
  }

  /// Returns what a series counts; nil of one that does not matter.
  func measure(_ labels: [String: String]) throws(PrometheusError) -> Measure? {
    let name = labels["__name__"] ?? ""
    if let counter = requests.first(where: { $0.names.contains(name) }) {
      return labels.hold(counter.labels) ? .request(isError: counter.isError(labels)) : nil
    }
    if errors.contains(where: { $0.contains(name) }) { return .error }
    guard let latency, latency.names.contains(where: { $0 + "_bucket" == name }),
      labels.hold(latency.labels)
    else { return nil }
    return try latency.bucket(labels["le"])
  }
}

extension RequestCounter {
  fileprivate func isError(_ labels: [String: String]) -> Bool {
    guard spared.isEmpty || !labels.hold(spared) else { return false }
    switch errors {
    case .none: return false
    case .all: return true
    case .label(let name, let prefixes):
      let value = labels[name] ?? ""
      return prefixes.contains { value.hasPrefix($0) }
    }
  }
}

extension LatencyMetric {
  /// The bucket of an edge that is known; nil of another.
  fileprivate func bucket(_ text: String?) throws(PrometheusError) -> Measure? {
    guard let text, let edge = Double(text), edge >= 0 else {
      throw PrometheusError(.shape, "a bucket of \(names[0]) has no edge")
    }
    guard edge.isFinite else { return .bucket(edge: nil) }
    let milliseconds = unit == .seconds ? edge * 1000 : edge
    let whole = milliseconds.rounded()
    guard abs(milliseconds - whole) < 1e-6, let edge = Int(exactly: whole), edges.contains(edge)
    else { return nil }
    return .bucket(edge: edge)
  }
}

extension [String: String] {
  /// Whether these labels are among them.
  func hold(_ labels: [String: String]) -> Bool {
    labels.allSatisfy { self[$0.key] == $0.value }
  }
}
