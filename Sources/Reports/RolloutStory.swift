import Audit
import Ledger
import Rollouts
import Wording

/// What happened to one candidate of one deployment: the decisions with one number of a rollout.
struct RolloutStory: Sendable {
  let deployment: DeploymentName
  let number: Int
  /// In the order of the branch; there is at least one.
  let decisions: [CommittedDecision]
  /// The shares that were asked for while it lasted, also those that began before.
  let served: [Serving.Interval]
  /// What was known at each look, as far as it was made again.
  let evidence: DecisionEvidence?
  /// Whether the next candidate took the place of this one while it was on trial.
  let isSuperseded: Bool

  /// Tells all decisions of one deployment, which are in the order of the branch.
  ///
  /// `evidence` is that of each decision, by its number on the branch.
  static func stories(
    of decisions: [CommittedDecision], _ evidence: [Int: DecisionEvidence] = [:]
  ) -> [RolloutStory] {
    var serving = Serving()
    let ended = decisions.flatMap { serving.follow($0.record) }
    let served = (ended + serving.present).sorted { ($0.from, $0.weight) < ($1.from, $1.weight) }
    let groups = Dictionary(grouping: decisions, by: \.record.rollout).sorted { $0.key < $1.key }
    let looks = Dictionary(grouping: decisions) { tried(until: $0.record) }.mapValues { decisions in
      decisions.compactMap { evidence[$0.record.ledgerSeq] }
    }
    let nexts = groups.dropFirst().map { Optional($0.value[0].record) } + [nil]
    return zip(groups, nexts).map { group, next in
      let period = Period(from: group.value[0].record.decidedAt, until: next?.decidedAt)
      return RolloutStory(
        deployment: group.value[0].record.deployment, number: group.key, decisions: group.value,
        served: served.filter { $0.overlaps(period) },
        evidence: looks[group.key]?.reduce(nil) { all, next in all.map { $0 + next } ?? next },
        isSuperseded: next?.verdict == .supersede)
    }
  }

  /// Returns the number of the rollout whose looks led to a decision: what supersedes a candidate ends
  /// the rollout before its own.
  private static func tried(until record: Record) -> Int {
    record.verdict == .supersede ? record.rollout - 1 : record.rollout
  }

  var records: [Record] { decisions.map(\.record) }

  /// The revision that was tried; of several the one that took over.
  var candidate: Revision? {
    let admitted = records.first { $0.verdict == .admit || $0.verdict == .supersede }
    let winner = admitted?.arms == nil ? nil : records.last { $0.verdict == .promote }
    return (winner ?? admitted)?.revision
  }

  /// The others that were tried at the same time.
  var rivals: [Revision] {
    let admitted = records.first { $0.verdict == .admit || $0.verdict == .supersede }
    return (admitted?.arms ?? []).map(\.revision).filter { $0.id != candidate?.id }
  }

  /// The decision that tells how it ended, or where it stands.
  var ending: Record {
    let last = records[records.count - 1]
    let own = records.last { !$0.isAboutTheManifest } ?? last
    // Of several candidates one may leave, and the others go on.
    return records.last {
      Self.endings.contains($0.verdict) && $0.from.phase != $0.to.phase
    } ?? own
  }

  /// What follows these verdicts is only the way back, or the end of the deployment.
  private static let endings: [Decision.Verdict] = [.rollback, .reject, .abort]

  /// How it ended, in words that follow the version.
  var outcome: String {
    if isSuperseded { return "superseded by a newer version" }
    return switch ending.verdict {
    case .admit, .supersede: "being prepared"
    case .advance, .resume: "on trial: \(ending.to.words)"
    case .hold: "standing still: \(ending.to.words)"
    case .promote: "promoted, its bake under way"
    case .complete: "brought into service"
    case .alert: "brought into service, and breaking a promise"
    case .rollback: "rolled back"
    case .reject: "rejected before it had traffic"
    case .abort: "given up on request"
    case .decommission: "removed on request"
    case .gap: "back at stable after a decision was lost"
    }
  }

  /// The requests that candidate and stable answered from its first decision to its last.
  ///
  /// What the first one counts was answered before it.
  var exposure: (candidate: Int, stable: Int) {
    records.dropFirst().reduce((0, 0)) { ($0.0 + $1.exposure.candidate, $0.1 + $1.exposure.stable) }
  }
}

extension Record {
  /// Whether it only says what the manifest asks for meanwhile.
  fileprivate var isAboutTheManifest: Bool {
    cause == .manifest && [.hold, .resume, .alert].contains(verdict)
  }
}

extension Serving.Interval {
  fileprivate func overlaps(_ period: Period) -> Bool {
    let isBefore = period.from.map { from in until.map { $0 <= from } ?? false } ?? false
    return !isBefore && (period.until.map { from < $0 } ?? true)
  }
}
