import Analysis
import Peers
import Simulation

/// Serin's own rule: the evidence against the candidate by all metrics together.
///
/// Without the least number of bad requests that a rollback also asks for; it matters in the first
/// looks of a rollout only.
struct Ours: Rule {
  /// The profiles of dependence between requests, the default first.
  static let profiles: [Dependence] = [
    .interval, .robust, .independent, .clustered(8), .matched,
  ]

  /// The promise in every table.
  static let allowed = 0.01
  /// The largest probability of a wrong rollback in the whole rollout.
  static let alpha = 0.01

  private var tests: ObjectiveTests
  private let logLimit: Double

  init(_ dependence: Dependence, starts: ObjectiveTests.Starts = .everyStep, metrics: Int = 2) {
    tests = ObjectiveTests(dependence, starts: starts, metrics: metrics)
    logLimit = starts == .everyStep ? log(1 / Self.alpha) : Self.logLimitOfOneStart
  }

  mutating func stops(after look: [MetricLook]) -> Bool {
    tests.look(look)
    return tests.logE >= logLimit
  }

  /// What the evidence must reach when no start but the first will come.
  ///
  /// Half of the capital waits for later steps. If all of it were staked the evidence would be E
  /// instead of ½ + ½ E, so the same outcome is asked of ½ + ½ E by another limit.
  static let logLimitOfOneStart = log(0.5 + 0.5 / alpha)
}

/// Serin's rule for promoting early: the proof, by every metric, that the promise is kept.
struct Promotion: Rule {
  /// The largest probability that a candidate which breaks a promise is taken for proven.
  static let beta = 0.05

  private var tests = ObjectiveTests(.interval, starts: .everyStep, metrics: 2)

  mutating func stops(after look: [MetricLook]) -> Bool {
    tests.look(look)
    return tests.logProof >= log(1 / Self.beta)
  }
}

/// The tests of all metrics of one rollout, with its steps.
struct ObjectiveTests {
  /// When the tests start afresh.
  enum Starts {
    case everyStep, once
  }

  private static let limit = ObjectiveTest.Limit(allowed: Ours.allowed)

  private let dependence: Dependence
  private let starts: Starts
  private var index = 0
  private var tests: [ObjectiveTest]

  init(_ dependence: Dependence, starts: Starts, metrics: Int) {
    self.dependence = dependence
    self.starts = starts
    let settings = ObjectiveTest.Settings(
      dependence: dependence, tolerance: 250_000, look: Int(Schedule.secondsPerLook * 1000))
    tests = Array(repeating: ObjectiveTest(settings), count: metrics)
  }

  mutating func look(_ metrics: [MetricLook]) {
    let isStart = starts == .everyStep ? index % Schedule.looksPerStep == 0 : index == 0
    index += 1
    for index in tests.indices {
      if isStart { tests[index].beginStep(Self.limit) }
      tests[index].look(
        arms(of: metrics[index]), possible: metrics[index].candidate, limit: Self.limit)
    }
  }

  /// The candidate and what it is compared with.
  private func arms(of metric: MetricLook) -> Arms {
    guard dependence == .matched else { return metric.withoutBaseline }
    return Arms(candidate: metric.candidate, stable: metric.baseline ?? .none)
  }

  /// The evidence that some promise is broken.
  var logE: Double {
    var mean = LogMean()
    for test in tests { mean.add(test.logE) }
    return mean.logE
  }

  /// The evidence that every promise is kept: that of the least certain one.
  var logProof: Double { tests.lazy.map(\.logProof).min() ?? 0 }
}
