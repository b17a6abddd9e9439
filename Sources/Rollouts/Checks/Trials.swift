package import Analysis

// What counts as bad, by objective.

extension Counts {
  /// Returns the trials of one objective, or nil when the counts contradict each other or are
  /// incomplete.
  package func trials(of objective: Objective) -> Trials? {
    switch objective.promise {
    case .errors: Trials(bad: errors, total: requests)
    case .latency(_, let below):
      Trials(bad: latency.certainlyAtLeast(below), total: latency.total)
    case .badInputs: sampled { Trials(bad: $0.badInputs, total: $0.requests) }
    case .badOutputs: sampled { Trials(bad: $0.badOutputs, total: $0.requests) }
    case .labels:
      sampled { Trials(bad: $0.wrong.rounded(to: Trials.perScore), total: $0.labelled) }
    case .disagreement:
      // What was lost beside them makes pairs fewer, and no other ones.
      samples?.pairs.map { Trials(bad: $0.differing, total: $0.compared) } ?? Trials.none
    }
  }

  /// The trials of an objective as it is tested: a prediction with a label has a score, and counts as
  /// `Trials.perScore`.
  func tested(of objective: Objective) -> Trials? {
    guard objective.isScored else { return trials(of: objective) }
    return sampled { Trials(scores: $0.wrong, count: $0.labelled) }
  }

  /// The trials with everything bad that may be: for a verdict in the candidate's favour only what is
  /// certainly good counts.
  func possible(of objective: Objective) -> Trials? {
    guard case .latency(_, let below) = objective.promise else { return tested(of: objective) }
    return Trials(bad: latency.possiblyAtLeast(below), total: latency.total)
  }

  /// Samples of which some were lost may not be like the others.
  private func sampled(_ trials: (SampleCounts) -> Trials?) -> Trials? {
    guard let samples else { return Trials.none }
    return samples.dropped == 0 ? trials(samples) : nil
  }
}

extension Int {
  /// Returns how many whole parts there are, to the nearest.
  func rounded(to part: Int) -> Int { self / part + (self % part * 2 >= part ? 1 : 0) }
}
