import Analysis

/// A change of a rollout: what was decided, why, and on what numbers.
package struct Decision: Equatable, Sendable, Codable {
  package enum Verdict: String, Equatable, Sendable, Codable, CaseIterable {
    case admit, reject, advance, promote, hold, resume, complete, rollback, abort, supersede, alert
    case decommission, gap
  }

  package enum Cause: String, Equatable, Sendable, Codable, CaseIterable {
    case evidence, slo, drift, blind, undecided, manifest, `operator`, runtime
  }

  package let verdict: Verdict
  package let cause: Cause
  /// Why, in one sentence for a person.
  package let reason: String
  /// The positions before and after: "step 1 of 4 (5%)".
  package let from: String
  package let to: String
  /// The revision that was decided about.
  package let revision: Revision?
  package let checks: [CheckReport]
  package let drift: [DriftReport]
  package let exposure: Exposure
  package let decidedAt: Instant
  package let remarks: [Remark]
  /// How the server of the revision ended, when it did while the revision was on trial.
  package let crash: Crash?
  /// An answer that counted as an error, for people, when the candidate is given up for its errors.
  package var errorSample: ErrorSample?

  package init(
    verdict: Verdict, cause: Cause, reason: String, from: String, to: String, revision: Revision?,
    checks: [CheckReport], drift: [DriftReport], exposure: Exposure, decidedAt: Instant,
    remarks: [Remark] = [], crash: Crash? = nil, errorSample: ErrorSample? = nil
  ) {
    self.verdict = verdict
    self.cause = cause
    self.reason = reason
    self.from = from
    self.to = to
    self.revision = revision
    self.checks = checks
    self.drift = drift
    self.exposure = exposure
    self.decidedAt = decidedAt
    self.remarks = remarks
    self.crash = crash
    self.errorSample = errorSample
  }
}

extension Decision {
  /// The evidence on which it was decided: of all objectives, and of the predictions where they may
  /// take the candidate back; nil without any.
  package var logE: Double? {
    let predictions = drift.filter { $0.subject == .predictions && $0.action == .rollback }
    let parts =
      checks.map { ($0.logE.total, $0.objective.weight) } + predictions.map { ($0.logE, 1) }
    guard !checks.isEmpty else { return nil }
    return LogMean(parts.lazy.map { (Double($0.0) / 1000, $0.1) }).logE
  }
}

extension Decision {
  /// Whether a candidate was found to answer with too many errors.
  package var isForErrors: Bool {
    guard verdict == .rollback || verdict == .alert else { return false }
    return checks.contains { $0.verdict == .fail && $0.objective.isOfErrors }
  }
}

extension Decision.Verdict {
  /// What a picture calls a decision that ends at a position: the share that begins, or the verdict.
  package func label(to position: String) -> String {
    guard self == .advance, let open = position.firstIndex(of: "(") else { return rawValue }
    return String(position[position.index(after: open)...].dropLast())
  }
}

/// Who was exposed since the previous decision, in requests; to a baseline is to the stable model.
package struct Exposure: Equatable, Sendable, Codable {
  package private(set) var candidate = 0
  package private(set) var stable = 0

  package init() {}

  mutating func add(_ arms: ArmCounts) {
    candidate = candidate.adding(saturating: max(0, arms.candidate.requests))
    stable = stable.adding(saturating: max(0, arms.requestsOfStable))
  }
}
