package import Ledger
import Analysis
package import Profiles
package import Rollouts

/// What led to one decision, look by look, as a picture shows it.
package struct DecisionEvidence: Equatable, Sendable {
  /// The evidence after one look of a trial, as natural logarithms.
  package struct Look: Equatable, Sendable {
    package let moment: Instant
    /// Of everything that may take the candidate back: the number that decides.
    package let total: Double
    /// Of each objective and of the predictions, by name, in the order of the manifest.
    package let parts: [Part]
    /// The evidence at which the candidate is rolled back.
    package let rollbackBar: Double
  }

  package struct Part: Equatable, Sendable {
    package let name: String
    package let logE: Double
  }

  /// What two arms predicted, in the bins of one output's profile.
  package struct Predicted: Equatable, Sendable {
    package private(set) var candidate: ProfileColumn
    package private(set) var stable: ProfileColumn

    fileprivate init(_ column: ProfileColumn, _ candidate: [Int], _ stable: [Int]) {
      self.candidate = column.counting(candidate)
      self.stable = column.counting(stable)
    }

    /// Adds what the next looks counted; what has other bins follows another profile and begins anew.
    fileprivate mutating func add(_ next: Predicted) {
      guard next.candidate.kind == candidate.kind else { return self = next }
      candidate = candidate.counting(
        zip(candidate.counts, next.candidate.counts).map { $0.adding(saturating: $1) })
      stable = stable.counting(
        zip(stable.counts, next.stable.counts).map { $0.adding(saturating: $1) })
    }
  }

  package private(set) var looks: [Look] = []
  /// For each output what was predicted since the decision before; empty when that is not compared.
  package private(set) var predicted: [Predicted] = []

  init() {}

  /// Adds the evidence of the decisions that follow.
  package static func + (first: DecisionEvidence, next: DecisionEvidence) -> DecisionEvidence {
    var all = first
    all.looks += next.looks
    all.add(next.predicted)
    return all
  }

  /// Takes over a look, and what the rollout was before and is after it.
  mutating func follow(
    _ look: Ledger.Look, _ before: Rollout, _ after: Rollout, _ decision: Decision?
  ) {
    // A candidate that has just come has no evidence yet, and its rollout is another one.
    let isNew = decision.map { $0.verdict == .admit || $0.verdict == .supersede } ?? false
    let present = after.candidate == nil || isNew ? nil : after.logE
    guard let total = decision?.logE ?? present else { return }
    let deployment = after.deployment ?? before.deployment
    guard let deployment else { return }
    looks.append(
      Look(
        moment: look.at, total: total,
        parts: Self.parts(deployment, after, decision, at: look.at),
        rollbackBar: (after.analysis ?? deployment.analysis).rollbackBar))
    add(Self.predicted(in: look, before))
  }

  private static func parts(
    _ deployment: Deployment, _ rollout: Rollout, _ decision: Decision?, at moment: Instant
  ) -> [Part] {
    let isOver = decision?.logE != nil
    let checks =
      isOver
      ? (decision?.checks ?? []).map {
        Part(name: $0.objective.name, logE: Double($0.logE.total) / 1000)
      }
      : zip(deployment.objectives, rollout.checks.evidence).map {
        Part(name: $0.name, logE: $1)
      }
    let drift = isOver ? decision?.drift ?? [] : rollout.driftReports(at: moment)
    let predictions = drift.filter { $0.subject == .predictions }.map {
      Part(name: $0.subject.rawValue, logE: Double($0.logE) / 1000)
    }
    return checks + predictions
  }

  private static func predicted(in look: Ledger.Look, _ rollout: Rollout) -> [Predicted] {
    guard case .observation(let world) = look, let counts = world.counts,
      let candidate = rollout.candidate, let stable = rollout.baseline ?? rollout.stable,
      let outputs = rollout.deployment?.drift?.profile.outputs,
      let tried = counts[candidate.id]?.samples, let other = counts[stable.id]?.samples,
      tried.outputs.map(\.count) == outputs.map(\.bins),
      other.outputs.map(\.count) == outputs.map(\.bins)
    else { return [] }
    return outputs.indices.map { Predicted(outputs[$0], tried.outputs[$0], other.outputs[$0]) }
  }

  private mutating func add(_ next: [Predicted]) {
    guard predicted.count == next.count else {
      if !next.isEmpty { predicted = next }
      return
    }
    for index in next.indices { predicted[index].add(next[index]) }
  }
}

extension Replay {
  /// Returns the evidence of every look, from the state that the record before left.
  package func evidence(after before: Rollout) -> DecisionEvidence {
    var (rollout, evidence) = (start ?? before, DecisionEvidence())
    for look in (try? Self.looks(looks, after: rollout)) ?? [] {
      let last = rollout
      let decision = rollout.follow(look)
      evidence.follow(look, last, rollout, decision)
    }
    return evidence
  }
}

extension ProfileColumn {
  /// Returns the column with other counts; none below zero, which a forged record may have.
  fileprivate func counting(_ counts: [Int]) -> ProfileColumn {
    ProfileColumn(name: name, kind: kind, counts: counts.map { max(0, $0) }, range: range)
  }
}
