import Rollouts

/// The series that one scrape of one target holds of one subject: they were sampled together, and so agree.
struct CounterGroup: Equatable {
  /// One scrape: what each series counts, and how far it had counted.
  struct Scrape: Equatable {
    let at: Instant
    var values: [SeriesName: Reading]
  }

  struct Reading: Equatable {
    let measure: Measure
    let value: Int
  }

  /// From when on something is counted.
  struct Beginning: Equatable {
    /// What grew from a moment on that is no earlier than this one.
    var moment: Instant
    /// Whether an answer held nothing of it: what a target shows later that was scraped without it is new, and so is all
    /// that follows.
    var wasAbsent = false
    /// Whether something of it was there that could not be counted: what is told first is what the next is compared with.
    var wasBroken = false

    /// The later of this beginning and a moment that is known.
    func notBefore(_ earliest: Instant) -> Self {
      Self(moment: moment == .never ? earliest : max(moment, earliest), wasBroken: wasBroken)
    }
  }

  private(set) var tally: Tally
  /// The newest scrape that is counted.
  private(set) var newest: Instant?
  private var last: [SeriesName: Int] = [:]
  private var start: Instant?

  init(edges: [Int]) { tally = Tally(edges: edges) }

  /// Counts what is new in some scrapes, which ascend.
  ///
  /// - Parameters:
  ///   - scrapes: The scrapes, of which those that are counted already are left out.
  ///   - history: What is known of the target.
  ///   - beginning: Nothing is counted that grew before.
  ///   - edges: Those of the buckets.
  ///   - isOtherReplica: Whether another Prometheus than before has scraped them: it has a clock of its
  ///     own, so that a value that went back at first is no restart for certain.
  /// - Throws: `PrometheusError` when the buckets contradict one another.
  mutating func take(
    _ scrapes: [Scrape], _ history: TargetHistory, from beginning: Beginning, edges: [Int],
    isOtherReplica: Bool
  ) throws(PrometheusError) {
    var isOther = isOtherReplica
    for scrape in scrapes where newest.map({ scrape.at > $0 }) ?? true {
      let start = history.start(at: scrape.at)
      let hasRestarted = hasRestarted(scrape, start)
      let isCounted = isCounted(scrape, history, from: beginning)
      newest = scrape.at
      defer { isOther = false }
      // A restart shows in the next scrape as well.
      if isOther, hasRestarted { continue }
      // Series that go on under other labels, as after a change of Prometheus' own settings, are no new ones.
      let isRelabelled = !hasRestarted && isRelabelled(scrape)
      if isRelabelled { last = [:] }
      if isCounted, !isRelabelled {
        try add(growth(scrape, hasRestarted: hasRestarted, edges: edges), at: scrape.at)
      }
      if hasRestarted { last = last.mapValues { _ in 0 } }
      last.merge(scrape.values.mapValues(\.value)) { $1 }
      self.start = start ?? self.start
    }
  }

  /// A process that starts again sets all its counters to zero: one that went back speaks for the others,
  /// whose values may have overtaken the old ones.
  private func hasRestarted(_ scrape: Scrape, _ start: Instant?) -> Bool {
    if let start, let old = self.start, start > old { return true }
    return scrape.values.contains { series, reading in
      last[series].map { reading.value < $0 } ?? false
    }
  }

  private func isRelabelled(_ scrape: Scrape) -> Bool {
    !last.isEmpty && !scrape.values.isEmpty && scrape.values.keys.allSatisfy { last[$0] == nil }
  }

  /// Whether what is new in a scrape grew since the beginning.
  ///
  /// Everything of a group that is new was zero when its process began, or was scraped without it. Where neither is known
  /// the first scrape is what the next one is compared with.
  private func isCounted(
    _ scrape: Scrape, _ history: TargetHistory, from beginning: Beginning
  ) -> Bool {
    if newest == nil, beginning.wasBroken { return false }
    let before = newest ?? history.scrape(before: scrape.at)
    if before != nil, beginning.wasAbsent { return true }
    let start = newest == nil ? history.start(at: scrape.at) : nil
    return [before, start].contains { $0.map { $0 >= beginning.moment } ?? false }
  }

  private func growth(_ scrape: Scrape, hasRestarted: Bool, edges: [Int]) -> Tally {
    var step = Tally(edges: edges)
    for (series, reading) in scrape.values {
      let before = hasRestarted ? 0 : last[series] ?? 0
      step.count(reading.value - before, as: reading.measure, edges: edges)
    }
    return step
  }

  private mutating func add(_ step: Tally, at moment: Instant) throws(PrometheusError) {
    guard step.isCumulative else {
      throw PrometheusError(.shape, "a narrow bucket of latencies grew by more than a wider one")
    }
    tally.add(step, at: moment)
  }
}

extension Instant {
  /// After every sample.
  static let never = Instant(milliseconds: .max)
}
