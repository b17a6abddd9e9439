import Analysis

/// The memory of slices in one rollout: each has checks of its own, which compare it with the same slice of stable.
///
/// Of a slice that was not seen yet the evidence is 1. So the average over as many slices as there may be is evidence
/// against "every slice is healthy", whichever come and when.
package struct SliceChecks: Equatable, Sendable, Codable {
  struct Slice: Equatable, Sendable, Codable {
    /// A client's text; nil for all values that are not told apart.
    let name: String?
    var checks: Checks

    /// The evidence against the candidate.
    var logE: Double { checks.logE(nil) }
  }

  package let asked: Slices
  /// Those that were seen, that of all others first.
  private(set) var slices: [Slice] = []

  init(_ asked: Slices) { self.asked = asked }

  /// Names that stand beside the slice of all others.
  private var names: [String] { slices.compactMap(\.name) }

  /// Returns the values that came now first, as many as there is room for; nil when there is no slice to begin.
  func newcomers(in arms: ArmCounts) -> [String]? {
    let shapes = arms.samples.compactMap { $0.slices?.shape }
    guard !shapes.isEmpty else { return nil }
    let known = names
    var new: [String] = []
    for name in shapes.joinedNames where !known.contains(name) && !new.contains(name) {
      guard known.count + new.count < asked.worst else { break }
      new.append(name)
    }
    return slices.isEmpty || !new.isEmpty ? new : nil
  }

  /// Begins slices, each with these checks.
  mutating func begin(_ names: [String], with checks: Checks) {
    if slices.isEmpty { slices.append(Slice(name: nil, checks: checks)) }
    slices += names.map { Slice(name: $0, checks: checks) }
  }

  /// Takes one look into account; what was lost of the samples makes slices smaller, of both revisions alike.
  mutating func look(_ arms: ArmCounts, at now: Instant) {
    let names = names
    for index in slices.indices {
      let own = arms.slice(slices[index].name, of: names)
      slices[index].checks.look(
        own, isOnTrial: true, route: nil, in: nil, at: now, nil, entityShare: 0,
        isSplitByClient: false)
    }
  }

  mutating func beginStep(at now: Instant, spreadOver spread: Duration) {
    for index in slices.indices { slices[index].checks.beginStep(nil, at: now, spreadOver: spread) }
  }

  /// Takes over the objectives of these checks, keeping the evidence of those that did not change.
  mutating func adopt(_ fresh: Checks) {
    for index in slices.indices {
      let known = slices[index].checks.checks
      slices[index].checks.checks = fresh.checks.map { new in
        known.first { $0.objective == new.objective } ?? new
      }
    }
  }
}

// What they say.

extension SliceChecks {
  /// Those of which nothing was seen, which count as evidence of 1.
  private var unseen: Int { asked.worst + 1 - slices.count }

  /// How many slices were seen, that of all others among them.
  package var count: Int { slices.count }

  /// The evidence against "every slice is healthy".
  package var logE: Double {
    var mean = LogMean(slices.lazy.map { ($0.logE, 1) })
    if unseen > 0 { mean.add(0, weight: unseen) }
    return mean.logE
  }

  /// Never less than `logE`.
  package var logBound: Double {
    slices.lazy.flatMap { $0.checks.checks.lazy.map(\.test.logBound) }.reduce(0, max)
  }

  /// Returns the slices that caused it, the worst one first: by e-BH over all that there may be, and the one with the
  /// most evidence.
  func blamed(_ alpha: Double, _ engine: Engine) -> [Failure] {
    let evidence = slices.map(\.logE)
    let all = evidence + Array(repeating: 0, count: unseen)
    let found = Set(
      discoveries(among: all, rate: alpha)
        + [evidence.indices.max { evidence[$0] < evidence[$1] }].compactMap(\.self))
    let failures = evidence.indices.filter(found.contains).map {
      Failure(slice: $0, objectives: slices[$0].checks.failures(alpha, engine))
    }
    return failures.filter { !$0.objectives.isEmpty }
      .sorted { evidence[$0.slice] > evidence[$1.slice] }
  }

  /// A slice that fails, and which of its objectives do.
  struct Failure: Equatable {
    let slice: Int
    let objectives: Set<Int>
  }

  /// Puts the worst slices in numbers that can be recorded; nil when none was seen.
  func report(_ failures: [Failure], _ alpha: Double) -> SlicesReport? {
    guard !slices.isEmpty else { return nil }
    let evidence = slices.map(\.logE)
    let failed = failures.map(\.slice)
    let rest = slices.indices.filter { !failed.contains($0) }
      .sorted { (evidence[$1], $0) < (evidence[$0], $1) }
    let told = (failed + rest).prefix(SlicesReport.mostTold)
    return SlicesReport(
      asked: asked, seen: names.count, failed: failures.count,
      logE: CheckReport.LogE.thousandths(logE),
      slices: told.map { index in
        let objectives = failures.first { $0.slice == index }?.objectives ?? []
        return SliceReport(
          name: slices[index].name, logE: CheckReport.LogE.thousandths(evidence[index]),
          checks: slices[index].checks.reports(failing: objectives, alpha))
      })
  }
}

/// How slices of the requests do, with the numbers of the worst ones.
package struct SlicesReport: Equatable, Sendable, Codable {
  package let asked: Slices
  /// How many values are told apart so far.
  package let seen: Int
  /// How many slices fail.
  package let failed: Int
  /// The evidence against "every slice is healthy": a natural logarithm, in thousandths.
  package let logE: Int
  /// Those with the most evidence against the candidate, the worst one first: `mostTold` at most.
  package let slices: [SliceReport]

  /// What a person reads, and a record can hold.
  static let mostTold = 3
}

/// How one slice does; its requests are those that were captured.
package struct SliceReport: Equatable, Sendable, Codable {
  /// A client's text, which people read and no code does; nil for all values that are not told apart.
  package let name: String?
  /// The evidence against the candidate: a natural logarithm, in thousandths.
  package let logE: Int
  package let checks: [CheckReport]
}

extension ArmCounts {
  /// What was counted of one slice; of all but `names` when it has no name.
  fileprivate func slice(_ name: String?, of names: [String]) -> ArmCounts {
    func counts(_ arm: Counts) -> Counts {
      guard let slices = arm.samples?.slices else { return .none }
      return name.map { slices.counts(of: $0) } ?? slices.others(than: names)
    }
    var own = ArmCounts(candidate: counts(candidate))
    own.stable = counts(stable)
    own.baseline = baseline.map(counts)
    return own
  }
}

extension [SlicedCounts.Shape] {
  /// The names of all, in their order.
  fileprivate var joinedNames: some Sequence<String> { lazy.flatMap(\.names) }
}
