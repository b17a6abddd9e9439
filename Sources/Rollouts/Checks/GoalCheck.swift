import Analysis

/// The memory of an A/B test in one rollout: which revision has more of its entities reach the goal.
package struct GoalCheck: Equatable, Sendable, Codable {
  package enum Verdict: String, Equatable, Sendable, Codable, CaseIterable {
    case better, worse, open
  }

  package let goal: Goal
  private var test = GoalTest()
  /// Whether entities are split as was asked: the sample-ratio check.
  private var split = SplitCheck()

  /// How often the comparison began: with another share, and wherever entities may count that counted before.
  private var beginnings = 1
  /// Whether the entities are compared no more: after the step they move to the other revision.
  private(set) var isOver = false

  init(_ goal: Goal) { self.goal = goal }

  /// Ends the comparison; what was found stays evidence like any other.
  mutating func end() { isOver = true }

  /// Begins anew, with less credit: what entities did before may be what they do again.
  mutating func beginAnew() {
    guard !isOver else { return }
    (test, split) = (GoalTest(), SplitCheck())
    beginnings = beginnings.adding(saturating: 1)
  }

  /// The logarithm of this beginning's part of the credit that all of them share: the sum of 1/n² is below 1.65.
  private var logCredit: Double {
    -Analysis.log(1.65) - 2 * Analysis.log(Double(beginnings))
  }

  /// Whether any entity was seen, or reached the goal.
  var hasData: Bool { test.candidate != .none || test.stable != .none }

  /// The entities of both revisions.
  var all: Int { test.candidate.seen.adding(saturating: test.stable.seen) }

  /// The candidate's entities.
  var ofCandidate: Int { test.candidate.seen }

  /// Takes one look into account; without samples it is no data.
  ///
  /// Lost samples make entities fewer, of both revisions alike.
  mutating func look(_ arms: ArmCounts, share: Double) {
    guard !isOver else { return }
    let (candidate, stable) = (arms.candidate.entities, arms.reference.entities)
    split.look(
      candidate: candidate.seen, of: candidate.seen.adding(saturating: stable.seen),
      share: share)
    test.look(candidate: candidate, stable: stable, share: share)
  }

  /// Whether one revision got more of the entities than was asked, so that they cannot be compared.
  var isSplitWrong: Bool { split.reaches(Checks.logSplitBar) }

  /// The logarithm of the evidence that the candidate is the better one.
  var logBetter: Double {
    logCredit + (goal.better == .higher ? test.logMore : test.logFewer)
  }

  /// The logarithm of the evidence that it is the worse one.
  var logWorse: Double {
    logCredit + (goal.better == .higher ? test.logFewer : test.logMore)
  }

  /// How good the candidate's entities make it look: the larger, the better.
  var merit: Double {
    let share = Double(test.candidate.reached) / Double(max(1, test.candidate.seen))
    return goal.better == .higher ? share : -share
  }

  func report(_ verdict: Verdict, alpha: Double, share: Double) -> GoalReport {
    let effect = test.effect(alpha: alpha, share: share)
    return GoalReport(
      goal: goal, verdict: verdict, candidate: .init(test.candidate), stable: .init(test.stable),
      effect: .init(low: Factor(effect.low), high: Factor(effect.high)),
      logBetter: CheckReport.LogE.thousandths(logBetter),
      logWorse: CheckReport.LogE.thousandths(logWorse))
  }
}

/// How an A/B test stands, with the numbers it rests on.
package struct GoalReport: Equatable, Sendable, Codable {
  package let goal: Goal
  package let verdict: GoalCheck.Verdict
  package let candidate: SampleCounts.Entities
  package let stable: SampleCounts.Entities
  /// What covers how many times as often the candidate's entities reach the goal; wrong with a probability of at
  /// most 2 * alpha.
  package let effect: CheckReport.Effect
  /// Natural logarithms of evidence, in thousandths: that the candidate is the better one, and the worse one.
  package let logBetter: Int
  package let logWorse: Int
}

extension SampleCounts.Entities {
  fileprivate init(_ entities: GoalTest.Entities) {
    self.init(seen: entities.seen, reached: entities.reached)
  }
}

extension Counts {
  /// What entities did in a look.
  fileprivate var entities: GoalTest.Entities {
    samples?.entities.map { .init(seen: $0.seen, reached: $0.reached) } ?? .none
  }
}
