package import Rollouts

/// Who answers the requests of a deployment, who gets copies of them, and by which plan.
package struct Routing: Equatable, Sendable {
  package let generation: Int
  /// Those that answer anything; empty when requests are refused.
  package let shares: [Plan.Share]
  /// Who gets copies of how many; nil when no request is copied.
  package let mirror: Plan.Share?
  /// Who answers the requests that carry a header; nil when no header chooses.
  package let match: Plan.Match?
  /// By what clients stay with one of them; nil when each request goes anywhere.
  package let affinity: Affinity?
  /// Beside whose names a client is hashed; empty for the last share's.
  package let drawnBy: [Revision.ID]
  /// What holds the value that names a captured request's slice; nil when there are none.
  package let slices: SliceKey?
  /// How many requests a second are copied at most; nil without a limit.
  package let copiesPerSecond: Int?
  package let sampling: SampleRate

  package init(
    generation: Int, shares: [Plan.Share], mirror: Plan.Share? = nil, match: Plan.Match? = nil,
    affinity: Affinity? = nil, drawnBy: [Revision.ID] = [], slices: SliceKey? = nil,
    copiesPerSecond: Int? = nil,
    sampling: SampleRate
  ) {
    self.generation = generation
    self.shares = shares.filter { $0.weight > .none }
    self.mirror = mirror.flatMap { $0.weight > .none ? $0 : nil }
    self.match = match
    self.affinity = affinity
    self.drawnBy = drawnBy
    self.slices = slices
    self.copiesPerSecond = copiesPerSecond
    self.sampling = sampling
  }

  /// The revisions that have traffic, be it copies alone.
  package var revisions: Set<Revision.ID> {
    Set((shares + [mirror].compactMap(\.self)).map(\.revision))
      .union([match?.revision].compactMap(\.self))
  }
}
