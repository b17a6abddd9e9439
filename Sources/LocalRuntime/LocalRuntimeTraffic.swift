package import Control
import Logging
package import Rollouts

// The ports: plans in, what is so out.
extension LocalRuntime {
  package func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    _ = try running()
    for revision in plan.loaded { try ServerKey(deployment, revision.id).validate() }
    try ServerKey(deployment, Revision.ID("none")).validate()
    try take(plan, for: deployment)
    try await startServers(of: deployment)
    try await moveTraffic(of: deployment)
    retireServers(of: deployment)
    folder.reserve.keep()
  }

  /// Writes a plan down, before any of it is done: what cannot be written down is not done.
  private func take(_ plan: Plan, for deployment: DeploymentName) throws {
    let before = targets[deployment]
    if let before, plan.generation < before.generation {
      throw LocalRuntimeError(
        .refused, "apply generation \(plan.generation) to \(deployment)",
        "generation \(before.generation) was applied before")
    }
    let none = Target(generation: plan.generation, loaded: [], shares: [])
    let target = (before ?? none).following(plan)
    guard target != before else { return }
    targets[deployment] = target
    do {
      try save(deployment)
    } catch {
      targets[deployment] = before
      throw error
    }
  }

  /// Puts the shares of a deployment in force when everybody who gets one is ready.
  private func moveTraffic(of deployment: DeploymentName) async throws {
    try await turnstile.pass {
      // Read again: a newer plan may have come while this one waited.
      guard let target = targets[deployment] else { return }
      let shares = target.routedShares
      let wanted = Target.InForce(
        generation: target.generation, shares: shares, sampling: target.sampling)
      let envoy = try running().envoy
      if target.inForce == wanted, await envoy.isServing { return }
      guard target.inForce?.shares == shares || isReady(shares, of: deployment) else {
        // A new deployment says that it is not ready yet, rather than that there is none.
        if target.inForce == nil { try await envoy.publish(routeTable) }
        return
      }
      try await route(wanted, of: deployment, before: target)
    }
  }

  private func isReady(_ shares: [EnvoyRoute.Share], of deployment: DeploymentName) -> Bool {
    shares.allSatisfy { share in
      let key = ServerKey(deployment, share.revision)
      return readiness(of: key) == .ready && servers[key]?.isEnding == false
    }
  }

  /// Tells Envoy the servers and then the routes, so that no route leads to nowhere.
  ///
  /// Written down first: a controller that dies in between goes on forwards.
  private func route(
    _ wanted: Target.InForce, of deployment: DeploymentName, before: Target
  ) async throws {
    for share in wanted.shares {
      let key = ServerKey(deployment, share.revision)
      clusters[key] = servers[key]?.endpoints
    }
    do {
      try settle(wanted, of: deployment)
      let envoy = try running().envoy
      try await envoy.publish(configuration.clusters(clusterList))
      try await envoy.publish(routeTable)
    } catch {
      try unsettle(before, of: deployment)
      throw error
    }
    logger.debug(
      "traffic moved",
      metadata: ["deployment": "\(deployment)", "generation": "\(wanted.generation)"])
  }

  private func settle(_ wanted: Target.InForce, of deployment: DeploymentName) throws {
    targets[deployment]?.inForce = wanted
    let busy = Set(wanted.shares.map(\.revision))
    targets[deployment]?.kept.removeAll { !busy.contains($0.id) }
    try save(deployment)
  }

  private func unsettle(_ before: Target, of deployment: DeploymentName) throws {
    targets[deployment]?.inForce = before.inForce
    targets[deployment]?.kept = before.kept
    try save(deployment)
  }

  package func observe() async throws -> [DeploymentName: RuntimeState] {
    let services = try running()
    let isServing = await services.envoy.isServing
    for server in servers.values.flatMap(\.replicas) { await server.noteCrash() }
    var readiness: [DeploymentName: [Revision.ID: Readiness]] = [:]
    var crashes: [DeploymentName: [Revision.ID: Crash]] = [:]
    for (key, entry) in servers {
      readiness[key.deployment, default: [:]][key.revision] =
        entry.retirement == nil ? self.readiness(of: key) : .preparing("unloading")
      crashes[key.deployment, default: [:]][key.revision] = .together(
        entry.replicas.compactMap(\.crash))
    }
    var errors: [DeploymentName: [Revision.ID: ErrorSample]] = [:]
    for (key, sample) in services.tail?.errors(of: servers.keys) ?? [:] {
      errors[key.deployment, default: [:]][key.revision] = sample
    }
    var states: [DeploymentName: RuntimeState] = [:]
    for (deployment, target) in targets {
      states[deployment] = RuntimeState(
        readiness: readiness[deployment] ?? [:], crashes: crashes[deployment] ?? [:],
        errorSamples: errors[deployment] ?? [:],
        generationInForce: isServing ? target.inForce?.generation : nil)
    }
    return states
  }

  package func counters() async throws -> Counters {
    let now = SystemClock().now
    let (epoch, stats) = try await running().envoy.stats()
    var revisions: [DeploymentName: [Revision.ID: Counts]] = [:]
    for (key, counts) in stats.counts {
      revisions[key.deployment, default: [:]][key.revision] = counts
    }
    await meterSamples(revisions)
    var apart: [DeploymentName: [Revision.ID: CountsApart]] = [:]
    for (key, count) in stats.others {
      apart[key.deployment, default: [:]][key.revision] = CountsApart(
        others: count, retried: stats.retried[key] ?? 0)
    }
    return Counters(
      asOf: now, source: "envoy", epoch: epoch, revisions: revisions, apart: apart)
  }

  var clusterList: [EnvoyCluster] { clusters.map { EnvoyCluster(key: $0.key, ports: $0.value) } }

  var routeTable: EnvoyDocument { configuration.routes(routes, lease: lease) }

  private func presence(
    of deployment: DeploymentName, _ target: Target
  ) -> EnvoyRoute.Presence {
    guard !target.isGone else { return .gone }
    let answers = (target.inForce?.shares ?? []).contains { share in
      readiness(of: ServerKey(deployment, share.revision)) == .ready
    }
    return answers ? .answering : .silent
  }

  var presences: [DeploymentName: EnvoyRoute.Presence] {
    targets.reduce(into: [:]) { $0[$1.key] = presence(of: $1.key, $1.value) }
  }

  var routes: [EnvoyRoute] {
    targets.map { deployment, target in
      EnvoyRoute(
        deployment: deployment, shares: target.inForce?.shares ?? [],
        sampling: capturedShare(of: deployment, target),
        presence: presence(of: deployment, target),
        isReplicated: target.replicas > 1)
    }
  }
}

extension Target {
  /// The shares of the plan as routes, with the versions that they serve.
  var routedShares: [EnvoyRoute.Share] {
    shares.compactMap { share in
      guard share.weight > .none, let revision = loaded.first(where: { $0.id == share.revision })
      else { return nil }
      return EnvoyRoute.Share(
        revision: share.revision, version: revision.model.version, weight: share.weight)
    }
  }
}
