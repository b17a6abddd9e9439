/// What has to be so for one deployment.
///
/// Carrying a plan out twice is the same as carrying it out once. A plan leaves the shell nothing to
/// decide: which revisions are loaded, and who gets which share of the requests.
package struct Plan: Equatable, Sendable {
  /// Grows with every change of the plan; a runtime refuses a generation older than its own.
  ///
  /// The decision that holds it is committed BEFORE it takes effect, so a controller that
  /// restarts never gives one generation two meanings.
  package let generation: Int
  /// The revisions that must be loaded; every other one is drained and unloaded.
  package let loaded: [Revision]
  /// Who answers, in per mille of all requests.
  ///
  /// They add up to 1000, or there are none and requests are refused. Only revisions that are loaded
  /// appear.
  package let shares: [Share]
  /// How many requests and answers are captured, of each revision alike.
  package let sampling: SampleRate
  /// How many servers each of them has; scaling is no decision, so it may change within a generation.
  package let replicas: Int
  /// Whether nothing is to answer ever again, because the deployment was removed.
  package let isGone: Bool

  package struct Share: Equatable, Sendable, Codable {
    package let revision: Revision.ID
    package let weight: PerMille

    package init(revision: Revision.ID, weight: PerMille) {
      self.revision = revision
      self.weight = weight
    }
  }

  package init(
    generation: Int, loaded: [Revision], shares: [Share], sampling: SampleRate = .none,
    replicas: Int = 1, isGone: Bool = false
  ) {
    precondition(shares.isEmpty || shares.map(\.weight.value).reduce(0, +) == 1000)
    precondition(shares.allSatisfy { share in loaded.contains { $0.id == share.revision } })
    self.generation = generation
    self.loaded = loaded
    self.shares = shares
    self.sampling = sampling
    self.replicas = replicas
    self.isGone = isGone
  }
}
