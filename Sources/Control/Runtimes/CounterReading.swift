import Rollouts

/// The counters of one deployment that have been taken into account.
///
/// Each series is compared with itself alone, so that one source that starts again makes nothing of
/// another's history count twice, or get lost.
struct CounterReading: Equatable, Sendable, Codable {
  /// What was last read of one series.
  struct Entry: Equatable, Sendable, Codable {
    let revision: Revision.ID
    let source: String
    let epoch: String
    let counts: Counts
    /// The moment of the first reading without it; nil while its source goes on telling of it.
    let missingSince: Instant?

    fileprivate var id: CounterSeries.ID { CounterSeries.ID(revision, of: source) }
    fileprivate var place: (String, String) { (revision.description, source) }
  }

  /// Everything is counted up to this moment.
  private(set) var asOf: Instant
  /// In the order of the revisions and the sources.
  private(set) var entries: [Entry]

  /// A loaded revision whose servers come and go leaves so many series behind, the newest.
  static let mostMissing = 64

  /// Begins to count: what was counted before belongs to nothing that is known.
  init(_ counters: Counters, of deployment: DeploymentName) {
    asOf = counters.asOf(of: deployment)
    entries = Self.entries(counters.series[deployment] ?? [:])
  }

  /// Moves on to newer counters, and returns what each revision was answered in between.
  ///
  /// A series that is new counts from zero, and so does one that has started again. One that is missing
  /// is remembered while its revision is loaded: should it come back in its old epoch, it goes on where
  /// it was.
  ///
  /// - Parameters:
  ///   - counters: The counters.
  ///   - deployment: Whose of them.
  ///   - loaded: The revisions whose missing series are remembered.
  ///   - now: The moment of the look.
  /// - Returns: nil when the counters are no newer than these: that is no data, rather than zero. A
  ///   reading of the future was taken by a clock that was wrong, and is older than any.
  mutating func move(
    to counters: Counters, of deployment: DeploymentName, keeping loaded: Set<Revision.ID>,
    at now: Instant
  ) -> [Revision.ID: Counts]? {
    let moment = counters.asOf(of: deployment)
    guard moment > asOf || asOf > now else { return nil }
    let present = counters.series[deployment] ?? [:]
    let known = Dictionary(entries.map { ($0.id, $0) }) { $1 }
    let missing = entries.filter { present[$0.id] == nil && loaded.contains($0.revision) }
    (asOf, entries) = (moment, Self.entries(present))
    remember(missing.map { $0.missing(since: moment) })
    return present.reduce(into: [:]) { counts, series in
      let growth = series.value.growth(since: known[series.key])
      counts[series.key.revision] = counts[series.key.revision]?.adding(growth) ?? growth
    }
  }

  private mutating func remember(_ missing: [Entry]) {
    guard !missing.isEmpty else { return }
    let newest = missing.sorted {
      ($1.missingSince ?? asOf, $0.place.0, $0.place.1)
        < ($0.missingSince ?? asOf, $1.place.0, $1.place.1)
    }
    entries = (entries + newest.prefix(Self.mostMissing)).sorted { $0.place < $1.place }
  }

  private static func entries(_ series: [CounterSeries.ID: CounterSeries]) -> [Entry] {
    series.map { id, series in
      Entry(
        revision: id.revision, source: id.source, epoch: series.epoch, counts: series.counts,
        missingSince: nil)
    }.sorted { $0.place < $1.place }
  }
}

extension CounterReading.Entry {
  fileprivate func missing(since moment: Instant) -> Self {
    Self(
      revision: revision, source: source, epoch: epoch, counts: counts,
      missingSince: missingSince ?? moment)
  }
}

extension CounterSeries {
  fileprivate func growth(since earlier: CounterReading.Entry?) -> Counts {
    earlier?.epoch == epoch ? counts.since(earlier?.counts) : counts
  }
}
