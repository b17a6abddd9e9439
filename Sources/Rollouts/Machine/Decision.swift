import Analysis

/// A change of a rollout: what was decided, why, and on what numbers.
package struct Decision: Equatable, Sendable, Codable {
  package enum Verdict: String, Equatable, Sendable, Codable, CaseIterable {
    case admit, reject, advance, promote, hold, resume, complete, rollback, abort, supersede, alert
    case decommission, gap
  }

  package enum Cause: String, Equatable, Sendable, Codable, CaseIterable {
    case evidence, slo, drift, noData, inconclusive, manifest, `operator`, runtime, group
  }

  package let verdict: Verdict
  package let reason: Reason
  /// What the runtime said that belongs to the reason: text from outside, for people.
  package let detail: Detail?
  package let from: Position
  package let to: Position
  /// The revision that was decided about.
  package let revision: Revision?
  package let checks: [CheckReport]
  package let drift: [DriftReport]
  /// How an A/B test stands; nil where there is none.
  package let goal: GoalReport?
  /// How each candidate of an A/B test of several does; nil where there is one alone.
  package let arms: [ArmReport]?
  /// How slices of the requests do; nil where none was seen.
  package let slices: SlicesReport?
  /// Whom the deployment moves with, and where each of them was; nil without a group.
  package let group: GroupReport?
  package let exposure: Exposure
  package let decidedAt: Instant
  package let remarks: [Remark]
  /// How the server of the revision ended, when it did while the revision was on trial.
  package let crash: Crash?
  /// An answer that counted as an error, for people, when the candidate is given up for its errors.
  package var errorSample: ErrorSample?
  /// Which requests are answered otherwise than stable answers them, for people, when pairs were looked at.
  package var differences: DifferencesReport?
  /// Why it was recorded after it took effect, when it was.
  package var late: Lateness?

  package init(
    verdict: Verdict, reason: Reason, detail: Detail? = nil, from: Position, to: Position,
    revision: Revision?,
    checks: [CheckReport], drift: [DriftReport], goal: GoalReport? = nil,
    arms: [ArmReport]? = nil, slices: SlicesReport? = nil, group: GroupReport? = nil,
    exposure: Exposure, decidedAt: Instant,
    remarks: [Remark] = [], crash: Crash? = nil, errorSample: ErrorSample? = nil,
    differences: DifferencesReport? = nil, late: Lateness? = nil
  ) {
    self.verdict = verdict
    self.reason = reason
    self.detail = detail
    self.from = from
    self.to = to
    self.revision = revision
    self.checks = checks
    self.drift = drift
    self.goal = goal
    self.arms = arms
    self.slices = slices
    self.group = group
    self.exposure = exposure
    self.decidedAt = decidedAt
    self.remarks = remarks
    self.crash = crash
    self.errorSample = errorSample
    self.differences = differences
    self.late = late
  }

  package var cause: Cause { reason.cause }
}

extension Decision {
  /// The evidence on which it was decided: of all objectives, and of whatever else may take the candidate
  /// back; nil without any.
  package var logE: Double? {
    let predictions = drift.filter { $0.subject == .predictions && $0.action == .rollback }
    let parts =
      checks.map { ($0.logE.total, $0.objective.weight) } + predictions.map { ($0.logE, 1) }
      + [goal?.logWorse, slices?.logE].compactMap { $0.map { ($0, 1) } }
    guard !checks.isEmpty else { return nil }
    return LogMean(parts.lazy.map { (Double($0.0) / 1000, $0.1) }).logE
  }
}

extension Decision {
  /// Whether a candidate was found to answer with too many errors.
  package var isForErrors: Bool {
    guard verdict == .rollback || verdict == .alert else { return false }
    if case .sliceBroken(let breach) = reason { return breach.objective.isOfErrors }
    return checks.contains { $0.verdict == .fail && $0.objective.isOfErrors }
  }
}

extension Decision {
  /// Whether it takes effect also when it cannot be recorded: what takes risk away waits for nothing.
  package var isRetreat: Bool { verdict.isRetreat }

  /// Returns what is to be recorded once it took effect before it could be.
  package func recordedLate(because detail: Detail?) -> Decision {
    var late = self
    late.late = Lateness(detail: detail)
    return late
  }
}

extension Decision.Verdict {
  /// Whether the decision takes risk away, so that it must not wait for anything.
  package var isRetreat: Bool {
    switch self {
    case .rollback, .abort, .reject, .hold, .alert, .gap: true
    case .admit, .advance, .promote, .resume, .complete, .supersede, .decommission: false
    }
  }
}

/// Who was exposed since the previous decision, in requests; to a baseline is to the stable model.
package struct Exposure: Equatable, Sendable, Codable {
  package internal(set) var candidate = 0
  package private(set) var stable = 0

  package init() {}

  package init(candidate: Int, stable: Int) {
    self.candidate = candidate
    self.stable = stable
  }

  mutating func add(_ arms: ArmCounts) {
    candidate = candidate.adding(saturating: max(0, arms.candidate.requests))
    stable = stable.adding(saturating: max(0, arms.requestsOfStable))
  }
}
