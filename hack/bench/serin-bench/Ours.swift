import Analysis
import Peers
import Simulation

/// Serin's own rule: the evidence of all objectives together, in every look of a rollout.
///
/// Without the least number of bad requests that a rollback also asks for; it takes effect in the first
/// looks of a rollout only.
struct Ours: Rule {
  /// The profile by which dependence between requests is allowed for.
  enum Profile: String, CaseIterable {
    case interval
  }

  /// When the test starts afresh.
  enum Starts {
    case everyStep, once
  }

  /// The promise in every table.
  static let allowed = 0.01
  /// The largest probability of a wrong rollback in the whole rollout.
  static let alpha = 0.01

  private let starts: Starts
  private var look = 0
  private var tests: [ObjectiveTest]

  init(_ profile: Profile, starts: Starts = .everyStep, metrics: Int = 2) {
    self.starts = starts
    tests = Array(repeating: Self.test(profile), count: metrics)
  }

  mutating func rollsBack(after metrics: [MetricLook]) -> Bool {
    let isStart = starts == .everyStep ? look % Schedule.looksPerStep == 0 : look == 0
    look += 1
    for index in tests.indices {
      if isStart { tests[index].beginStep() }
      tests[index].look(
        candidate: metrics[index].candidate, stable: metrics[index].stable, allowed: Self.allowed)
    }
    return logMeanE(tests.map(\.logE)) >= logLimit
  }

  /// The evidence that rolls back.
  ///
  /// Half of the stake waits for later steps. If there are none to come it is staked at once: the
  /// evidence is E instead of ½ + ½ E, so the same outcome is asked of ½ + ½ E by another limit.
  private var logLimit: Double {
    switch starts {
    case .everyStep: log(1 / Self.alpha)
    case .once: log(0.5 + 0.5 / Self.alpha)
    }
  }

  private static func test(_ profile: Profile) -> ObjectiveTest {
    switch profile {
    case .interval: ObjectiveTest()
    }
  }
}
