package import Rollouts

/// What the sources of one runtime have counted, as it stood at one moment.
package struct Counters: Equatable, Sendable {
  /// The moment that they are true for; a runtime that asks another system for them is behind by that
  /// system's own delay.
  package let asOf: Instant
  package let series: [DeploymentName: [CounterSeries.ID: CounterSeries]]
  /// The moments of those deployments of which less is known: what ails one has nothing to do with the others.
  package let behind: [DeploymentName: Instant]

  package init(
    asOf: Instant, series: [DeploymentName: [CounterSeries.ID: CounterSeries]],
    behind: [DeploymentName: Instant] = [:]
  ) {
    self.asOf = asOf
    self.series = series
    self.behind = behind
  }

  /// Creates the counters of a runtime whose only source starts again as a whole.
  package init(
    asOf: Instant, source: String, epoch: String,
    revisions: [DeploymentName: [Revision.ID: Counts]],
    apart: [DeploymentName: [Revision.ID: CountsApart]] = [:]
  ) {
    var series: [DeploymentName: [CounterSeries.ID: CounterSeries]] = [:]
    for (deployment, counts) in revisions {
      for (revision, counts) in counts {
        series[deployment, default: [:]][CounterSeries.ID(revision, of: source)] = CounterSeries(
          epoch: epoch, counts: counts, apart: apart[deployment]?[revision] ?? CountsApart())
      }
    }
    self.init(asOf: asOf, series: series)
  }

  /// Counters that are behind by more are no data: what was answered since may be anything.
  static let longestLag = Duration.seconds(60)

  /// How far those of the deployment are behind that is behind the most.
  func largestLag(at now: Instant) -> Duration {
    behind.values.reduce(lag(at: now)) { max($0, now.since($1)) }
  }

  /// How far they are behind; a source whose clock is ahead is behind by nothing.
  func lag(at now: Instant) -> Duration { max(.zero, now.since(asOf)) }

  /// The moment that the counters of a deployment are true for.
  package func asOf(of deployment: DeploymentName) -> Instant { behind[deployment] ?? asOf }

  /// Whether those of a deployment are behind by so much that they are no data.
  func isStale(of deployment: DeploymentName, at now: Instant) -> Bool {
    now.since(asOf(of: deployment)) > Self.longestLag
  }

  /// Returns the counters without a moment that is yet to come.
  func notAfter(_ now: Instant) -> Counters {
    Counters(asOf: min(asOf, now), series: series, behind: behind.mapValues { min($0, now) })
  }

  /// Returns what one revision has been answered, as far as its sources remember.
  package func total(of revision: Revision.ID, in deployment: DeploymentName) -> Counts? {
    let counts = (series[deployment] ?? [:]).filter { $0.key.revision == revision }
    guard let first = counts.first?.value.counts else { return nil }
    return counts.dropFirst().reduce(first) { $0.adding($1.value.counts) }
  }
}

/// The counters of one revision of one deployment, as one source has counted them.
///
/// A source starts again by itself, as one pod of several does: its series begins a new epoch, and those
/// of the others go on.
package struct CounterSeries: Equatable, Sendable {
  /// Which series of a deployment it is.
  package struct ID: Hashable, Sendable {
    package let revision: Revision.ID
    /// Who counts: "envoy", or the name of a pod.
    package let source: String

    package init(_ revision: Revision.ID, of source: String) {
      self.revision = revision
      self.source = source
    }
  }

  /// Changes when the source has started again from zero.
  package let epoch: String
  package let counts: Counts
  /// What is no evidence.
  package let apart: CountsApart

  package init(epoch: String, counts: Counts, apart: CountsApart = CountsApart()) {
    self.epoch = epoch
    self.counts = counts
    self.apart = apart
  }
}
