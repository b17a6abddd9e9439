import Analysis
import Profiles

/// Whether the candidate predicts as stable does, on the same traffic: the memory of one rollout.
package struct PredictionDrift: Equatable, Sendable, Codable {
  private var tests: FeatureTests<DriftTest>
  /// Of each output what both arms predicted in the whole rollout.
  private var counted: [BinArms]
  /// Of each output how much may have moved.
  private var bounds: [MoveBound]
  /// Of each output which classes are as frequent as they were.
  private var bins: [BinProof]
  private let cluster: Int
  /// The candidate's samples in the whole rollout.
  private(set) var samples = 0
  private var samplesOfStable = 0
  /// Whether it was said that they moved, where that is all that happens.
  package internal(set) var isSaid = false

  /// - Returns: nil when nothing is asked, or the profile has no outputs.
  init?(_ drift: DriftSettings?, _ settings: ObjectiveTest.Settings) {
    guard let outputs = drift?.profile.outputs, let gate = drift?.predictions, !outputs.isEmpty
    else { return nil }
    tests = FeatureTests(settings.tolerating(gate.tolerance), bins: outputs.map(\.bins))
    counted = outputs.map { _ in .none }
    bounds = outputs.map { MoveBound(bins: $0.bins) }
    bins = outputs.map { BinProof(bins: $0.bins) }
    cluster = settings.dependence.largestCluster
  }

  mutating func beginStep(spreadOver spread: Duration) {
    tests.beginStep(references, spreadOver: Int(spread.inMilliseconds))
  }

  /// Takes one look into account; what cannot be, or is not complete, is no data.
  ///
  /// - Parameters:
  ///   - candidate: What it predicted since the last look.
  ///   - stable: What it is compared with did.
  ///   - outputs: The profile's.
  mutating func look(
    _ candidate: SampleCounts?, _ stable: SampleCounts?, of outputs: [ProfileColumn]
  ) {
    guard let candidate, let stable, candidate.dropped == 0, stable.dropped == 0,
      outputs.count == counted.count,
      let arms = BinArms.pairs(candidate.outputs, stable.outputs, of: outputs)
    else { return }
    samples = samples.adding(saturating: max(0, candidate.requests))
    samplesOfStable = samplesOfStable.adding(saturating: max(0, stable.requests))
    counted = zip(counted, arms).map { $0 + $1 }
    // A state that was read may hold fewer.
    for (index, arms) in zip(bounds.indices.prefix(bins.count), arms) {
      bounds[index].look(arms)
      bins[index].look(arms, cluster: cluster)
    }
    tests.look(arms, against: references)
  }

  /// Takes a look into account at which the candidate had all traffic: it is compared with what stable
  /// predicted in the steps.
  mutating func lookAlone(_ candidate: SampleCounts?, of outputs: [ProfileColumn]) {
    guard let candidate, candidate.dropped == 0, outputs.count == counted.count,
      let counts = BinCounts.all(candidate.outputs, of: outputs)
    else { return }
    let earlier = counted.compactMap { BinProfile($0.stable) }
    guard earlier.count == counted.count else { return }
    samples = samples.adding(saturating: max(0, candidate.requests))
    let arms = counts.map { BinArms(candidate: $0) }
    counted = zip(counted, arms).map { $0 + $1 }
    tests.look(arms, against: earlier.map(DriftReference.profile))
  }

  private var references: [DriftReference] { counted.map { _ in .stable } }

  package var logE: Double { tests.logE }

  /// What is to be said when the predictions alone are not to blame for a rollback.
  ///
  /// They pass when it is excluded that as much moved as is to be noticed, and that a class is gone, and
  /// nothing speaks for a smaller move.
  func verdict(_ drift: DriftSettings?, _ settings: AnalysisSettings) -> CheckVerdict {
    guard samples > 0, let drift, let gate = drift.predictions else { return .noData }
    if gate.action != .rollback, logE >= -Analysis.log(settings.alpha) { return .fail }
    let isProven =
      mostMoved <= (gate.notice ?? .all).value && logE < Analysis.log(AnalysisSettings.holdBar)
      && firstOpen(among: drift.profile.outputs) == nil
    return isProven ? .pass : .inconclusive
  }

  /// The largest share of any output's predictions that may have moved.
  private var mostMoved: Double {
    bounds.reduce(0) { max($0, $1.upper(beta: Judgement.beta, cluster: cluster)) }
  }

  /// Returns the first class, or range, that may be gone or four times as frequent.
  private func firstOpen(among outputs: [ProfileColumn]) -> DriftReport.Move.Bin? {
    for (proof, output) in zip(bins, outputs) {
      let rows = output.counts.reduce(0) { $0.adding(saturating: $1) }
      let open = output.counts.indices.first {
        output.counts[$0] >= max(1, rows / Self.rarest) && !proof.isProven($0, beta: Judgement.beta)
      }
      if let open { return .init(column: output.name, bin: output.label(ofBin: open)) }
    }
    return nil
  }

  /// A class that has less than this part of the profile's predictions is not waited for: that would
  /// take thousands of samples.
  private static let rarest = 100

  func report(
    _ verdict: CheckVerdict, _ gate: DriftSettings.Gate, of outputs: [ProfileColumn],
    look: Duration, at now: Instant
  ) -> DriftReport {
    DriftReport(
      subject: .predictions, action: gate.action, verdict: verdict, samples: samples,
      reference: samplesOfStable,
      logE: CheckReport.LogE.thousandths(logE),
      move: gate.notice.map { notice in
        DriftReport.Move(
          atMost: Ratio(mostMoved), notice: notice, open: firstOpen(among: outputs))
      },
      moved: tests.reported(outputs, look: look, at: now) { counted[$0] })
  }
}

extension BinArms {
  /// Puts both arms' counts together, column by column; nil when they have not the profile's bins, or
  /// cannot be counts.
  static func pairs(
    _ candidate: [[Int]], _ stable: [[Int]], of columns: [ProfileColumn]
  ) -> [BinArms]? {
    guard let left = BinCounts.all(candidate, of: columns),
      let right = BinCounts.all(stable, of: columns)
    else { return nil }
    return zip(left, right).map { BinArms(candidate: $0, stable: $1) }
  }
}

extension BinCounts {
  /// Returns the counts of every column; nil when they have not the profile's bins, or cannot be
  /// counts.
  static func all(_ counts: [[Int]], of columns: [ProfileColumn]) -> [BinCounts]? {
    guard counts.map(\.count) == columns.map(\.bins) else { return nil }
    let all = counts.compactMap { BinCounts($0) }
    return all.count == counts.count ? all : nil
  }
}

extension ObjectiveTest.Settings {
  /// The mean number of looks between two false alarms about what serves: a month's.
  var averageRunLength: Double { 30 * 86_400_000 / Double(max(1, look)) }

  /// Returns these settings with another tolerance.
  func tolerating(_ tolerance: Ratio) -> ObjectiveTest.Settings {
    ObjectiveTest.Settings(dependence: dependence, tolerance: tolerance.perMillion, look: look)
  }
}

extension FeatureTests {
  /// Returns the columns that moved, for a report.
  ///
  /// - Parameters:
  ///   - columns: In the order of the tests.
  ///   - look: The time between two looks.
  ///   - now: The time.
  ///   - counted: Returns what a column is compared by; the reference is in the place of stable.
  /// - Returns: The most clearly moved first.
  func reported(
    _ columns: [ProfileColumn], look: Duration, at now: Instant, counted: (Int) -> BinArms
  ) -> [DriftReport.Moved] {
    let moved = moved(rate: DriftReport.falseDiscoveries).sorted { $0.logE > $1.logE }
    return moved.prefix(DriftReport.mostMoved).map { moved in
      let since = now.advanced(by: .zero - look * moved.looksSinceChange)
      return DriftReport.Moved(
        moved, of: columns[moved.feature], counted(moved.feature), since: since)
    }
  }
}

extension DriftReport.Moved {
  fileprivate init(
    _ moved: MovedFeature, of column: ProfileColumn, _ arms: BinArms, since: Instant
  ) {
    let sizes = EffectSizes(current: arms.candidate, reference: arms.stable)
    let bin = moved.shift.bin
    self.column = column.name
    self.bin = column.label(ofBin: bin)
    share = arms.candidate.share(of: bin)
    expected = arms.stable.share(of: bin)
    index = Factor(sizes?.populationStability ?? 0)
    criticalIndex = Factor(sizes?.criticalPopulationStability ?? 0)
    distance = Factor(sizes?.jensenShannon ?? 0)
    logE = CheckReport.LogE.thousandths(moved.logE)
    self.since = since
  }
}

extension BinCounts {
  fileprivate func share(of bin: Int) -> Ratio {
    bin < counts.count ? Ratio(counts[bin], of: total) : Ratio(perMillion: 0)
  }
}

extension Ratio {
  /// The largest share of the predictions that moves when the odds of one bin change by this much:
  /// where √odds : 1 becomes 1 : √odds.
  package var tolerableMove: Double {
    let root = (1 + value).squareRoot()
    return (root - 1) / (root + 1)
  }
}
