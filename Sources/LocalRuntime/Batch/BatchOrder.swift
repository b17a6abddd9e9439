import Delivery
import Rollouts

/// What was applied last to one batch deployment, as it is kept on disk.
struct BatchOrder: Codable, Equatable, Sendable {
  var generation: Int
  var loaded: [Revision] = []
  /// What a run is to read; nil for nothing.
  var wanted: Revision.ID?
  /// What is no longer asked for, and still is what runs read.
  var kept: [Revision] = []
  /// By revision, the digest of what was fetched for it.
  var digests: [String: String] = [:]
  /// Since when a switch waits for runs.
  var waitingSince: Instant?

  /// Every revision whose artifact must be there.
  var revisions: [Revision] { loaded + kept }

  /// Returns the order after a plan; what runs read stays until they have been told otherwise.
  func following(_ plan: Plan, reading: Routing?) -> BatchOrder {
    var next = self
    (next.generation, next.loaded) = (plan.generation, plan.loaded)
    next.wanted = plan.shares.first?.revision
    next.kept = Delivery.kept(of: revisions, beside: plan.loaded, under: reading)
    return next
  }

  /// Who is to read what, in the words of deliveries.
  var routing: Routing { .reading(wanted, generation: generation) }
}

extension Routing {
  /// That every run reads one revision, or nothing.
  static func reading(_ revision: Revision.ID?, generation: Int) -> Routing {
    Routing(
      generation: generation,
      shares: revision.map { [Plan.Share(revision: $0, weight: .all)] } ?? [], sampling: .none)
  }
}
