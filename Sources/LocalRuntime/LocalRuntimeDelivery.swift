import Delivery
import Logging
import Manifests
import Rollouts
import Threads

// Deliveries: what is to be done is decided elsewhere; it is done here.
extension LocalRuntime {
  /// Does what may be done now for a deployment, each piece of work once.
  func deliver(to deployment: DeploymentName) async throws {
    try await doWork(for: deployment) { _ in true }
    try await announceDeployment(deployment)
  }

  /// Gives the revisions of a deployment the servers that they lack, and moves no traffic.
  func loadServers(of deployment: DeploymentName) async throws {
    try await doWork(for: deployment, where: \.isLoading)
  }

  private func doWork(
    for deployment: DeploymentName, where isMeant: (Work.Deed) -> Bool
  ) async throws {
    var done: [Work.Deed] = []
    while let deed = try await delivery(to: deployment)?.due.first(where: {
      isMeant($0) && !done.contains($0)
    }) {
      done.append(deed)
      try await carryOut(deed, for: deployment)
    }
  }

  private func carryOut(_ deed: Work.Deed, for deployment: DeploymentName) async throws {
    switch deed {
    case .load(let revision): try await load(revision, for: deployment)
    case .recall(let revision): recall(ServerKey(deployment, revision))
    case .shift: try await shift(deployment)
    case .drain(let revision): retire(ServerKey(deployment, revision))
    // The task that drains a revision does it.
    case .unload: break
    }
  }

  private func delivery(to deployment: DeploymentName) async throws -> Delivery? {
    let services = try running()
    guard let target = targets[deployment] else { return nil }
    return delivery(to: deployment, isServing: await serving(services).isInForce(target))
  }

  private func delivery(to deployment: DeploymentName, isServing: Bool) -> Delivery? {
    guard let target = targets[deployment] else { return nil }
    return Delivery(
      target.order, known: target.kept,
      stock: Stock(
        holdings: holdings(of: deployment), routing: target.inForce?.routing,
        isInForce: isServing),
      drainTimeout: setup.local.drainTimeout)
  }

  private func holdings(of deployment: DeploymentName) -> [Revision.ID: Holding] {
    var holdings: [Revision.ID: Holding] = [:]
    for (key, entry) in servers where key.deployment == deployment {
      holdings[key.revision] = Holding(
        servers: entry.replicas.count, isReady: readiness(of: key) == .ready,
        ending: entry.retirement?.ending)
    }
    return holdings
  }
}

// Servers.
extension LocalRuntime {
  /// Starts the servers that a revision lacks, and lets those go that are too many.
  private func load(_ revision: Revision, for deployment: DeploymentName) async throws {
    guard let target = targets[deployment] else { return }
    let key = ServerKey(deployment, revision.id)
    if servers[key] == nil {
      logger.info(
        "revision loading",
        metadata: ["deployment": "\(deployment)", "revision": "\(revision.id)"])
    }
    while let server = try makeReplica(of: key, revision.model, atMost: target.replicas) {
      await server.start()
    }
    dismissReplicas(of: key, beyond: target.replicas)
  }

  private func recall(_ key: ServerKey) {
    servers[key]?.retirement?.task.cancel()
    servers[key]?.retirement = nil
  }

  private func retire(_ key: ServerKey) {
    servers[key]?.retirement = Retirement(
      task: Task { await end(key) }, start: .now, isIdle: clusters[key] == nil)
  }

  /// Drains the servers of a revision, takes them from Envoy and ends them.
  private func end(_ key: ServerKey) async {
    guard await isDrained(key), let replicas = servers[key]?.replicas else { return }
    servers[key]?.retirement?.isUnloading = true
    await untilDone("revision could not be unloaded yet", key) { try await unload(key, replicas) }
    // It may have been asked for again when it could no longer be called back.
    await untilDone("revision could not be loaded again yet", key) {
      try await loadServers(of: key.deployment)
    }
  }

  /// Tries again until it succeeds, or is cancelled.
  private func untilDone(
    _ complaint: Logger.Message, _ key: ServerKey, _ body: () async throws -> Void
  ) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do {
        return try await body()
      } catch {
        logger.warning(
          complaint,
          metadata: [
            "deployment": "\(key.deployment)", "revision": "\(key.revision)", "error": "\(error)",
          ])
        try? await Task.sleep(for: backoff.delay())
      }
    }
  }

  /// Waits until a revision may be unloaded; false when it is called back.
  private func isDrained(_ key: ServerKey) async -> Bool {
    while !Task.isCancelled, let work = unloading(of: key) {
      guard case .drained(_, let time) = work.awaits.first else { return work.isDue }
      guard let services = try? running() else { return false }
      let isIdle = await isIdle(key, within: time, services)
      guard !Task.isCancelled else { return false }
      servers[key]?.retirement?.isIdle = isIdle
    }
    return false
  }

  /// What is left to be done until a revision is unloaded; nil when it is to stay.
  private func unloading(of key: ServerKey) -> Work? {
    delivery(to: key.deployment, isServing: true)?.work.first { $0.deed == .unload(key.revision) }
  }

  private func unload(_ key: ServerKey, _ replicas: [ModelServer]) async throws {
    try await dropCluster(key)
    for server in replicas { try await server.end() }
    try await release(key)
    ports.giveBack(replicas.flatMap(\.ports))
    servers[key] = nil
  }
}

// Traffic.
extension LocalRuntime {
  /// Puts the routing of a deployment in force, if they still may be.
  private func shift(_ deployment: DeploymentName) async throws {
    try await mutex.withLock {
      // Asked again: a newer plan may have come while this one waited.
      guard let delivery = try await delivery(to: deployment),
        delivery.due.contains(where: \.isShift), let target = targets[deployment]
      else { return }
      try await route(target.wanted, of: deployment, before: target)
    }
  }

  /// A new deployment says that it is not ready yet, rather than that there is none.
  private func announceDeployment(_ deployment: DeploymentName) async throws {
    try await mutex.withLock {
      guard let target = targets[deployment], target.inForce == nil else { return }
      try await running().envoy.publish(routeTable)
    }
  }

  /// Tells Envoy the servers and then the routes, so that no route leads to nowhere.
  ///
  /// Written down first: a controller that dies in between goes on forwards.
  private func route(
    _ wanted: Target.InForce, of deployment: DeploymentName, before: Target
  ) async throws {
    for revision in wanted.routing.revisions {
      let key = ServerKey(deployment, revision)
      clusters[key] = servers[key]?.endpoints
    }
    if let mirror = wanted.mirror { mirrored.insert(ServerKey(deployment, mirror.revision)) }
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
    guard var target = targets[deployment] else { return }
    target.inForce = wanted
    target.kept = Delivery.kept(of: target.kept, beside: target.loaded, under: wanted.routing)
    targets[deployment] = target
    try save(deployment)
  }

  private func unsettle(_ before: Target, of deployment: DeploymentName) throws {
    targets[deployment]?.inForce = before.inForce
    targets[deployment]?.kept = before.kept
    try save(deployment)
  }
}

extension Work.Deed {
  fileprivate var isLoading: Bool {
    switch self {
    case .load, .recall: true
    case .shift, .drain, .unload: false
    }
  }

  var isShift: Bool { if case .shift = self { true } else { false } }
}

extension Retirement {
  fileprivate var ending: Holding.Ending {
    isUnloading ? .unloading : .draining(for: ContinuousClock.now - start, isIdle: isIdle)
  }
}
