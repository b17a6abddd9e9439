package import Rollouts

/// Who answers the requests of a deployment, and by which plan.
package struct Routing: Equatable, Sendable {
  package let generation: Int
  /// Those that answer anything; empty when requests are refused.
  package let shares: [Plan.Share]
  package let sampling: SampleRate

  package init(generation: Int, shares: [Plan.Share], sampling: SampleRate) {
    self.generation = generation
    self.shares = shares.filter { $0.weight > .none }
    self.sampling = sampling
  }

  /// The revisions that have traffic.
  package var revisions: Set<Revision.ID> { Set(shares.map(\.revision)) }
}
