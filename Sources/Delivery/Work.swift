package import Rollouts

/// One piece of work of a runtime, and what it has to wait for.
package struct Work: Equatable, Sendable {
  package let deed: Deed
  /// What has to be so before it may begin; empty when it may begin now.
  package let awaits: [Wait]

  package var isDue: Bool { awaits.isEmpty }

  package init(_ deed: Deed, awaits: [Wait] = []) {
    self.deed = deed
    self.awaits = awaits
  }

  package enum Deed: Equatable, Sendable {
    /// Give a revision the servers that it lacks, and take away those that are too many.
    case load(Revision)
    /// Call the end of a revision off.
    case recall(Revision.ID)
    /// Tell the data plane who answers.
    case shift(Routing)
    /// Let a revision without traffic answer what it was asked before.
    case drain(Revision.ID)
    /// End its servers.
    case unload(Revision.ID)
  }

  package enum Wait: Equatable, Sendable {
    /// The revision answers, and is not about to end.
    case ready(Revision.ID)
    /// The shift has been made.
    case shifted
    /// The revision answers nothing any more, or has had so much more time for it.
    case drained(Revision.ID, atMost: Duration)
    /// The last servers of the revision are gone.
    case unloaded(Revision.ID)
  }
}
