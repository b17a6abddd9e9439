import Control
import Delivery
import Randomness
package import Rollouts
import Threads

// The world as a runtime: what is due is done at once, and loading takes a time that the seed says.

extension World {
  /// The server of a revision of one deployment.
  struct Server {
    var replicas: Int
    let readyAt: Instant
    /// Since when it drains; nil while it may be asked.
    var drainingSince: Instant?
    /// How many requests it is busy with that take long.
    var requests = 0
  }

  /// How long a server without traffic may go on answering.
  static let drainTimeout = Duration.seconds(30)

  /// From now on a model version does not load.
  package func breakLoading(of version: String) {
    state.withLock { _ = $0.unloadable.insert(version) }
  }

  /// Begins a request that takes as long as the script wants; returns who answers it, nil when it is refused.
  package func beginRequest(to name: DeploymentName) -> Revision.ID? {
    serve()
    return state.withLock { state in
      guard let share = state.inForce[name]?.shares.max(by: { $0.weight < $1.weight }) else {
        return nil
      }
      state.servers[name]?[share.revision]?.requests += 1
      return share.revision
    }
  }

  /// Ends such a request; returns whether the server was there to answer it.
  package func endRequest(to name: DeploymentName, by revision: Revision.ID) -> Bool {
    serve()
    return state.withLock { state in
      guard let server = state.servers[name]?[revision], server.requests > 0 else { return false }
      state.servers[name]?[revision]?.requests -= 1
      return true
    }
  }
}

extension World.State {
  /// Does what is due for a deployment until there is nothing.
  mutating func deliver(to name: DeploymentName, at now: Instant) {
    while let deed = delivery(to: name, at: now)?.due.first { carryOut(deed, for: name, at: now) }
  }

  private func delivery(to name: DeploymentName, at now: Instant) -> Delivery? {
    guard let plan = plans[name] else { return nil }
    let stock = Stock(
      holdings: (servers[name] ?? [:]).reduce(into: [:]) { all, item in
        all[item.key] = holding(item.key, item.value, at: now)
      }, routing: inForce[name].map { Delivery.Order($0).routing }, isInForce: true)
    return Delivery(Delivery.Order(plan), stock: stock, drainTimeout: World.drainTimeout)
  }

  private func holding(_ id: Revision.ID, _ server: World.Server, at now: Instant) -> Holding {
    Holding(
      servers: server.replicas, isReady: readiness(of: id, server, at: now) == .ready,
      ending: server.drainingSince.map { since in
        .draining(for: now.since(since), isIdle: server.requests == 0)
      })
  }

  private mutating func carryOut(_ deed: Work.Deed, for name: DeploymentName, at now: Instant) {
    switch deed {
    case .load(let revision): load(revision, for: name, at: now)
    case .recall(let revision): servers[name]?[revision]?.drainingSince = nil
    case .shift: inForce[name] = plans[name]
    case .drain(let revision): servers[name]?[revision]?.drainingSince = now
    case .unload(let revision): servers[name]?[revision] = nil
    }
  }

  private mutating func load(_ revision: Revision, for name: DeploymentName, at now: Instant) {
    let replicas = plans[name]?.replicas ?? 1
    guard servers[name]?[revision.id] == nil else {
      servers[name]?[revision.id]?.replicas = replicas
      return
    }
    let delay = Duration.milliseconds(Int64(random.next() % 4000))
    versions[revision.id] = revision.model.version
    servers[name, default: [:]][revision.id] = World.Server(
      replicas: replicas, readyAt: now.advanced(by: delay))
  }

  private func readiness(
    of revision: Revision.ID, _ server: World.Server, at now: Instant
  ) -> Readiness {
    if server.drainingSince != nil { return .preparing("unloading") }
    guard server.readyAt <= now else { return .preparing("loading") }
    return unloadable.contains(versions[revision] ?? "") ? .failed("it does not load") : .ready
  }

  /// What the runtime says of a deployment.
  func runtimeState(of name: DeploymentName, at now: Instant) -> RuntimeState {
    let servers = servers[name] ?? [:]
    let versions = servers.keys.reduce(into: [Revision.ID: String]()) { $0[$1] = self.versions[$1] }
    let failing = versions.filter { failurePercent[$0.value, default: 0] > 0 }
    return RuntimeState(
      readiness: servers.reduce(into: [:]) { all, item in
        all[item.key] = readiness(of: item.key, item.value, at: now)
      },
      crashes: versions.compactMapValues { serverCrashes[$0] },
      errorSamples: failing.mapValues {
        ErrorSample(status: 500, body: "v\($0) fails", at: now)
      }, generationInForce: inForce[name]?.generation)
  }
}
