package import Control
import Foundation
package import HTTP
package import Logging
package import Manifests
import Rollouts

/// Counts out of a Prometheus server, as whole numbers: samples are compared, and nothing is extrapolated.
///
/// It is asked for raw samples, since `rate` and `increase` guess what lies between and beyond them. The
/// counts begin with this object: another one is another epoch.
package actor PrometheusTelemetry {
  /// How far apart the scrapes are, as the operator says.
  package nonisolated var scrapeInterval: Duration { settings.scrapeInterval }

  private let settings: PrometheusSettings
  private let clock: any WallClock
  private let endpoint: Endpoint
  private let logger: Logger
  private var meter: Meter
  private var rhythm: Rhythm
  /// What the last answer made.
  private var last: Counters?
  /// What was asked for last.
  private var asked: Set<CountSubject> = []
  /// What was wrong with a deployment's series when it was told last.
  private var told: [DeploymentName: PrometheusError.Kind] = [:]
  /// Of which deployments so much is told that they are not asked for until some moment.
  private var tooLarge: [DeploymentName: Instant] = [:]

  /// So many subjects are asked for at once: an answer of them takes some MiB.
  static let batch = 500

  package init(
    _ settings: PrometheusSettings, clock: any WallClock, client: HTTPClient = HTTPClient(),
    logger: Logger
  ) {
    self.settings = settings
    self.clock = clock
    self.logger = logger
    endpoint = Endpoint(settings: settings, client: client)
    rhythm = Rhythm(interval: settings.scrapeInterval, longestWindow: settings.window)
    meter = Meter(settings, life: UUID().uuidString.lowercased())
  }

  /// Asks what is new, and returns everything that was counted since this telemetry began.
  ///
  /// Until the next scrape there is nothing new to learn: the same subjects get the same answer. Revisions without any
  /// series are left out, which is not the same as zero.
  ///
  /// - Throws: `PrometheusError` when there is no data; `CancellationError`.
  package func counters(of subjects: [CountSubject]) async throws -> Counters {
    let now = clock.now
    guard !subjects.isEmpty else { return Counters(asOf: now, series: [:]) }
    if let last, rhythm.isSoon(now, subjects) { return last }
    let window = rhythm.window(at: now, subjects)
    let current = subjects
    let subjects = gone(since: current) + current
    var sorted = meter.sorting
    for part in parts(of: subjects.filter { !isTooLarge($0.deployment, now) }) {
      try await ask(part, window, into: &sorted)
    }
    for subject in subjects where isTooLarge(subject.deployment, now) {
      sorted.refuse(SubjectKey(subject), Self.tooMuch, at: nil)
    }
    sorted.requireBoth()
    let health = try await health(of: sorted.seen)
    let counters = try meter.take(sorted, health: health, of: subjects)
    tell(meter.failures)
    last = counters
    asked = Set(current)
    rhythm.note(asked: now, current, asOf: meter.oldest ?? counters.asOf)
    logger.trace("prometheus counted", metadata: ["targets": "\(sorted.seen.count)"])
    return counters
  }

  /// Logs of which deployments nothing can be counted, when that is news.
  private func tell(_ failures: [DeploymentName: PrometheusError]) {
    for (deployment, error) in failures.sorted(by: { $0.key < $1.key })
    where told[deployment] != error.kind {
      logger.error(
        "nothing of a deployment can be counted",
        metadata: ["deployment": "\(deployment)", "error": "\(error)"])
    }
    told = failures.mapValues(\.kind)
  }

  // MARK: Questions

  /// Pods that are gone since the last question, and are asked for once more: they were scraped meanwhile.
  private func gone(since current: [CountSubject]) -> [CountSubject] {
    guard settings.metrics.subject.isPod else { return [] }
    let known = Set(current.map(SubjectKey.init))
    return asked.filter { !known.contains(SubjectKey($0)) }
  }

  private static let tooMuch = PrometheusError(
    .size, "more is told of it than is read: a server may show too many series, or too long labels")
  private static let pause = Duration.seconds(300)

  private func isTooLarge(_ deployment: DeploymentName, _ now: Instant) -> Bool {
    tooLarge[deployment].map { now < $0 } ?? false
  }

  /// Asks one question; where the answer is too large for all, the deployment is found and left alone for a while.
  private func ask(
    _ part: Part, _ window: Duration, into sorted: inout Sorting
  ) async throws {
    do {
      let query = try query(part, window)
      sorted.add(try await endpoint.samples(of: query), of: part.subjects)
    } catch let error as PrometheusError where error.kind == .size {
      let halves = part.halves
      if halves.isEmpty { leaveAlone(part, in: &sorted) }
      for half in halves { try await ask(half, window, into: &sorted) }
    }
  }

  private func leaveAlone(_ part: Part, in sorted: inout Sorting) {
    for key in part.subjects {
      tooLarge[key.revision.deployment] = clock.now.advanced(by: Self.pause)
      sorted.refuse(key, Self.tooMuch, at: nil)
    }
  }

  /// What one query asks for: subjects whose labels have the same names.
  private struct Part {
    let names: [String]
    let subjects: Set<SubjectKey>

    /// Half of the deployments each; none when it is of one.
    var halves: [Part] {
      let deployments = Set(subjects.map(\.revision.deployment)).sorted()
      guard deployments.count > 1 else { return [] }
      let first = Set(deployments[..<(deployments.count / 2)])
      let kept = subjects.filter { first.contains($0.revision.deployment) }
      return [kept, subjects.subtracting(kept)].map { Part(names: names, subjects: $0) }
    }
  }

  private func parts(of subjects: [CountSubject]) -> [Part] {
    let kinds = Dictionary(grouping: Set(subjects.map(SubjectKey.init))) { $0.labels.keys.sorted() }
    return kinds.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { names, keys in
      // Two revisions that were counted by the same labels are asked for at once.
      let alike = Array(Dictionary(grouping: keys, by: \.labels).values)
      return stride(from: 0, to: alike.count, by: Self.batch).map { start in
        let some = alike[start..<min(start + Self.batch, alike.count)]
        return Part(names: names, subjects: Set(some.joined()))
      }
    }
  }

  /// One query for all metrics of many subjects.
  private func query(_ part: Part, _ window: Duration) throws(PrometheusError) -> String {
    guard !part.names.isEmpty else {
      throw PrometheusError(.subject, "what is to be counted has no labels")
    }
    let metrics = PromQL.Matcher(label: "__name__", values: settings.metrics.allNames)
    let matchers = part.names.map { name in
      PromQL.Matcher(label: name, values: Set(part.subjects.map { $0.labels[name] ?? "" }).sorted())
    }
    let common = settings.metrics.commonLabels.merging(settings.labels) { $1 }
      .filter { !part.names.contains($0.key) }.sorted { $0.key < $1.key }
      .map { PromQL.Matcher(label: $0.key, values: [$0.value]) }
    return try PromQL.range([metrics] + matchers + common, window: window)
  }

  /// The labels by which the operator says whose targets count.
  private var ownLabels: [PromQL.Matcher] {
    settings.labels.filter { !["job", "instance"].contains($0.key) }.sorted { $0.key < $1.key }
      .map { PromQL.Matcher(label: $0.key, values: [$0.value]) }
  }

  /// Asks whether the targets that have series, and those that are counted, are still scraped, and when their processes began.
  ///
  /// It asks for the whole window: a target that was away for a while is to be known by its last scrape.
  private func health(of seen: Set<ScrapeTarget>) async throws -> [SampledSeries] {
    let targets = seen.union(meter.targets)
    let jobs = Set(targets.map(\.job)).sorted()
    let instances = Set(targets.map(\.instance)).sorted()
    guard !targets.isEmpty else { return [] }
    let query = try PromQL.range(
      [
        PromQL.Matcher(label: "__name__", values: ["up", "process_start_time_seconds"]),
        PromQL.Matcher(label: "job", values: jobs),
        PromQL.Matcher(label: "instance", values: instances),
      ] + ownLabels, window: settings.window)
    return try await endpoint.samples(of: query)
  }
}

extension MetricScheme {
  /// The labels that everything has which is counted: with them the answers are smaller.
  fileprivate var commonLabels: [String: String] {
    guard errors.isEmpty, var common = requests.first?.labels else { return [:] }
    for labels in requests.map(\.labels) + (latency.map { [$0.labels] } ?? []) {
      common = common.filter { labels[$0.key] == $0.value }
    }
    return common
  }
}
