import Analysis

/// What each arm of a rollout answered since the last look.
struct ArmCounts {
  var candidate = Counts.none
  var stable = Counts.none
  /// nil when the candidate is compared with stable itself.
  var baseline: Counts?

  init(candidate: Counts = .none) { self.candidate = candidate }

  init(
    _ counts: RevisionCounts, candidate: Revision.ID?, stable: Revision.ID?,
    baseline: Revision.ID?
  ) {
    self.candidate = candidate.flatMap { counts[$0] } ?? .none
    self.stable = stable.flatMap { counts[$0] } ?? .none
    self.baseline = baseline.map { counts[$0] ?? .none }
  }

  /// What serves and is not on trial, judged as if it were.
  var stableAlone: ArmCounts { ArmCounts(candidate: stable) }

  /// The arms without what the candidate answered.
  var withoutCandidate: ArmCounts {
    var arms = self
    arms.candidate = .none
    return arms
  }

  /// Leaves out the last answers of a baseline that has no share any more: they would be compared with
  /// those of all requests.
  mutating func leaveOutBaseline() {
    if baseline != nil { baseline = Counts.none }
  }

  /// What the candidate is compared with.
  var reference: Counts { baseline ?? stable }

  /// What was sampled of all arms.
  var samples: [SampleCounts] {
    [candidate.samples, stable.samples, baseline?.samples].compactMap(\.self)
  }

  /// The requests of all arms.
  var requests: Int {
    candidate.requests.adding(saturating: requestsOfStable)
  }

  /// The requests that the stable model answered, by whichever copy.
  var requestsOfStable: Int {
    stable.requests.adding(saturating: baseline?.requests ?? 0)
  }
}
