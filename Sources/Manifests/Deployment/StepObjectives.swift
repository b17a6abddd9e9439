import Rollouts

/// `slos` of single steps, beside what is promised in all of them.
struct StepObjectives {
  let own: [Located<Objective>]
  let general: [Objective]
  let findings: Findings

  /// Each has a part of the evidence from the admission on: many of them leave little to each.
  private static let most = 16

  /// Refuses what says nothing new, or cannot be counted.
  func check() {
    if own.count > Self.most {
      findings.error(
        "single steps have \(own.count) promises together, at most \(Self.most) are allowed",
        at: own[Self.most].position)
    }
    for objective in own { check(objective.value, at: objective.position) }
  }

  private func check(_ objective: Objective, at place: TextPosition) {
    if objective.isOfPairs, objective.during?.isMirror != true {
      findings.error(
        "disagreement needs two answers to one request, and this step mirrors none", at: place,
        hint: "promise it in a step like {mirror: 10%}")
    }
    guard let other = general.first(where: { $0.kind == objective.kind }) else { return }
    if objective.agreement != other.agreement {
      findings.error(
        "disagreement has other rules here than in all steps", at: place,
        hint: "two answers are compared once: give both the same usual and outputs")
    } else if !objective.asksForMore(than: other) {
      findings.error(
        "\"\(objective.kind)\" of this step asks for no more than that of all steps", at: place,
        hint: "promise less here, or remove it")
    }
  }
}

extension Objective {
  /// Whether whatever keeps this promise keeps the other one of its kind, too, and not the other way round.
  fileprivate func asksForMore(than other: Objective) -> Bool {
    switch (promise, other.promise) {
    case (.latency(_, let below), .latency(_, let limit)): below < limit
    default: allowed < other.allowed
    }
  }
}
