import Delivery
import Rollouts

/// What was applied last to one deployment, as it is kept on disk.
struct Target: Codable, Equatable, Sendable {
  /// The traffic that Envoy was told last, and that was ready to be told.
  struct InForce: Codable, Equatable, Sendable {
    let generation: Int
    let shares: [EnvoyRoute.Share]
    /// nil also in what was written down before there were mirrors.
    let mirror: EnvoyRoute.Share?
    /// nil also in what was written down before headers could choose.
    let match: EnvoyRoute.Match?
    let affinity: Affinity?
    /// nil for the last share's, as always before several candidates could be tried together.
    let drawnBy: [Revision.ID]?
    let slices: SliceKey?
    /// nil also in what was written down before copies could be limited.
    let copiesPerSecond: Int?
    let sampling: SampleRate?
  }

  var generation: Int
  var loaded: [Revision]
  var shares: [Plan.Share]
  /// nil also in what was written down before there were mirrors.
  var mirror: Plan.Share?
  /// nil also in what was written down before headers could choose.
  var match: Plan.Match?
  /// nil in what was written down before there was sampling.
  var sampling: SampleRate?
  /// By what clients stay with a revision.
  var affinity: Affinity?
  /// Beside whose names a client is hashed; nil for the last share's.
  var drawnBy: [Revision.ID]?
  /// What holds the value that names a captured request's slice.
  var slices: SliceKey?
  /// How many requests a second are copied at most; nil without a limit.
  var copiesPerSecond: Int?
  /// How many servers each revision has.
  var replicas = 1
  /// What a revision must bear before it is ready; nil also in what was written down before there was that.
  var loadTest: LoadTestOrder?
  var inForce: InForce?
  /// Revisions that are no longer asked for, and still have traffic.
  var kept: [Revision] = []
  /// Whether the deployment was removed.
  var isGone = false

  /// Every revision that must have a server.
  var revisions: [Revision] { loaded + kept }

  /// Returns the target after a plan: what has traffic stays until the traffic has moved.
  func following(_ plan: Plan) -> Target {
    var next = Target(
      generation: plan.generation, loaded: plan.loaded, shares: plan.shares,
      mirror: plan.mirror, match: plan.match, sampling: plan.sampling, affinity: plan.affinity,
      drawnBy: plan.drawnBy.isEmpty ? nil : plan.drawnBy, slices: plan.slices,
      copiesPerSecond: plan.copiesPerSecond, replicas: plan.replicas,
      loadTest: plan.loadTest, inForce: inForce, isGone: plan.isGone)
    next.kept = Delivery.kept(of: revisions, beside: plan.loaded, under: inForce?.routing)
    return next
  }
}

extension Target {
  /// What the plan asked for.
  var order: Delivery.Order {
    Delivery.Order(loaded: loaded, routing: wanted.routing, replicas: replicas)
  }

  /// The traffic of the plan.
  var wanted: InForce {
    InForce(
      generation: generation, shares: shares.compactMap(routed), mirror: mirror.flatMap(routed),
      match: match.flatMap(routed), affinity: affinity, drawnBy: drawnBy, slices: slices,
      copiesPerSecond: copiesPerSecond, sampling: sampling)
  }

  /// Returns a share of the plan as a route, with the version that it serves; nil when it is none.
  private func routed(_ share: Plan.Share) -> EnvoyRoute.Share? {
    guard share.weight > .none, let version = version(of: share.revision) else { return nil }
    return EnvoyRoute.Share(revision: share.revision, version: version, weight: share.weight)
  }

  private func routed(_ match: Plan.Match) -> EnvoyRoute.Match? {
    version(of: match.revision).map {
      EnvoyRoute.Match(revision: match.revision, version: $0, when: match.when)
    }
  }

  private func version(of revision: Revision.ID) -> String? {
    loaded.first { $0.id == revision }?.model.version
  }
}

extension Target.InForce {
  var routing: Routing {
    Routing(
      generation: generation, shares: shares.map(\.share), mirror: mirror?.share,
      match: match.map { Plan.Match(revision: $0.revision, when: $0.when) }, affinity: affinity,
      drawnBy: drawnBy ?? [], slices: slices, copiesPerSecond: copiesPerSecond,
      sampling: sampling ?? .none)
  }
}

extension EnvoyRoute.Share {
  fileprivate var share: Plan.Share { Plan.Share(revision: revision, weight: weight) }
}
