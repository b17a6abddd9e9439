import Rollouts

/// A look that was made: what was decided, and what is not recorded yet.
///
/// A look takes a member, decides, and writes it back once: this is the member between the two.
struct Draft: Sendable {
  /// The member before the look.
  let before: Member
  /// The member as the look leaves it.
  var member: Member
  var decision: Decision?
  /// The number of the turn that the look planned; another number means that another look was asked for.
  let turn: Int?
  /// Whether the decision is recorded; a retreat that could not be takes effect all the same.
  var isRecorded = true
  /// What the runtime showed.
  let state: RuntimeState?

  var name: DeploymentName { member.rollout.name }

  /// The draft with its decision as the one that is recorded next.
  var waiting: Draft {
    guard let decision else { preconditionFailure("nothing was decided") }
    var draft = self
    draft.member.postpone(decision)
    return draft
  }

  /// Whether what was decided takes risk away, so that it waits for nothing.
  var isRetreat: Bool {
    decision.map { $0.isRetreat || before.rollout.phase.isReturning } ?? false
  }
}
