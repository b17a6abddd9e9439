package import Rollouts

/// What a sentence about a decision is made of: its reason, and the numbers beside it.
package protocol Explained {
  var verdict: Decision.Verdict { get }
  var reason: Reason { get }
  var detail: Detail? { get }
  var revision: Revision? { get }
  var checks: [CheckReport] { get }
  var drift: [DriftReport] { get }
  var goal: GoalReport? { get }
  var arms: [ArmReport]? { get }
  var slices: SlicesReport? { get }
  var group: GroupReport? { get }
  var remarks: [Remark] { get }
  var crash: Crash? { get }
  var late: Lateness? { get }
}

extension Decision: Explained {}

extension Lateness {
  /// " (recorded late: the disk is full)".
  fileprivate var words: String { " (recorded late\(detail.map { ": \($0)" } ?? ""))" }
}

extension Explained {
  /// Why it was decided, in one sentence without its full stop.
  package var sentence: String {
    let remarks = remarks.map { "; \($0.summary)" }.joined()
    return reason.sentence(about: self) + armWords + remarks + (late?.words ?? "")
  }

  /// "; beside it v9 (…): …", what the other candidates of the same A/B test do; or nothing.
  private var armWords: String {
    let others = (arms ?? []).filter { $0.revision.id != revision?.id }
    return others.map { "; beside it \($0.summary)" }.joined()
  }

  var name: String { revision?.description ?? "the candidate" }

  /// ": what the runtime says", or nothing.
  var detailWords: String { detail.map { ": \($0)" } ?? "" }

  /// What is known of one subject of drift.
  func summary(of subject: DriftReport.Subject) -> String {
    drift.first { $0.subject == subject }?.summary ?? "\(subject) moved"
  }

  /// The report that is meant.
  func summary(of ground: Reason.Ground) -> String {
    switch ground {
    case .objective(let name): checks.first { $0.objective.name == name }?.summary ?? name
    case .predictions: summary(of: DriftReport.Subject.predictions)
    case .goal: goal?.summary ?? "the goal"
    case .slices: slices?.summary ?? "slices of the requests"
    }
  }
}
