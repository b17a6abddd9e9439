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
    try await deliver(to: deployment)
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

  package func observe() async throws -> [DeploymentName: RuntimeState] {
    let services = try running()
    folder.ballast.keep()
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
    for (key, sample) in errorSamples(services) {
      errors[key.deployment, default: [:]][key.revision] = sample
    }
    let serving = await serving(services)
    var states: [DeploymentName: RuntimeState] = [:]
    for (deployment, target) in targets {
      states[deployment] = RuntimeState(
        readiness: readiness[deployment] ?? [:], crashes: crashes[deployment] ?? [:],
        errorSamples: errors[deployment] ?? [:],
        generationInForce: serving.isInForce(target) ? target.inForce?.generation : nil)
    }
    return states
  }

  package func counters() async throws -> Counters {
    let now = SystemClock().now
    let services = try running()
    let clients = try await services.envoy.stats()
    let copies = await copyStats(services)
    await meterRequests(clients.stats, copies?.stats)
    var series: [DeploymentName: [CounterSeries.ID: CounterSeries]] = [:]
    for (role, read) in [EnvoyRole.clients: clients, .copies: copies].compactMapValues(\.self) {
      for (key, counted) in read.stats.series(since: read.epoch) {
        let id = CounterSeries.ID(key.revision, of: role.description)
        series[key.deployment, default: [:]][id] = counted
      }
    }
    return Counters(asOf: now, series: series)
  }

  var clusterList: [EnvoyCluster] {
    clusters.map {
      EnvoyCluster(key: $0.key, addresses: $0.value, isMirrored: mirrored.contains($0.key))
    }
  }

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
        mirror: target.inForce?.mirror, copied: copiedShare(of: deployment, target),
        match: target.inForce?.match, sampling: capturedShare(of: deployment, target),
        presence: presence(of: deployment, target), affinity: target.inForce?.affinity,
        drawnBy: target.inForce?.drawnBy ?? [],
        slices: target.inForce?.slices,
        isReplicated: target.replicas > 1)
    }
  }
}
