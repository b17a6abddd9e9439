import Ledger
import Rollouts

/// A decision with all that its record is to say, until it is there.
///
/// One that took effect although it could not be recorded waits with the state that it led to, and not with what
/// came of it later: whoever goes on from its record alone must not believe that the next decision was recorded, too.
struct Unrecorded: Sendable {
  let decision: Decision
  /// The state that it led to.
  let rollout: Rollout
  /// What it can be derived from, after the record or the decision before it.
  let journal: Journal
  let source: SourceReference?
  /// When the plan before it was first seen to be in force.
  let appliedAt: Instant?

  /// As it survives a crash.
  struct Stored: Codable {
    let decision: Decision
    let rollout: Rollout
    let journal: Journal.Stored
    let lines: [String]
    let source: SourceReference?
    let appliedAt: Instant?
  }

  var stored: Stored {
    Stored(
      decision: decision, rollout: rollout, journal: journal.stored, lines: journal.lines,
      source: source, appliedAt: appliedAt)
  }

  init(_ decision: Decision, of member: Member) {
    self.decision = decision
    rollout = member.rollout
    journal = member.journal
    source = member.source
    appliedAt = member.appliedAt
  }

  /// Goes on from what was stored; `state` is what the record or the decision before it left.
  init(_ stored: Stored, after state: Rollout) throws {
    decision = stored.decision
    rollout = stored.rollout
    journal = try Journal(stored.journal, lines: stored.lines, after: state)
    source = stored.source
    appliedAt = stored.appliedAt
  }
}

extension Member {
  /// Puts a decision behind those that wait; what the rollout is told from here on belongs to the next.
  mutating func postpone(_ decision: Decision) {
    unrecorded.append(Unrecorded(decision, of: self))
    journal = Journal(after: rollout)
    // Its lines lie in the checkpoint itself, and the new journal is none that was begun before.
    (appliedAt, kept) = (nil, nil)
  }
}
