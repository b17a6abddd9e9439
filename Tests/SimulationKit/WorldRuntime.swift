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

  /// From now on a model version fails under any load.
  package func breakUnderLoad(_ version: String) {
    state.withLock { _ = $0.unbearing.insert(version) }
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
    bear(name, at: now)
    while let deed = delivery(to: name, at: now)?.due.first, !isHeld(deed, of: name) {
      carryOut(deed, for: name, at: now)
      Invariants.check(name, in: &self)
    }
  }

  private func delivery(to name: DeploymentName, at now: Instant) -> Delivery? {
    guard let plan = plans[name] else { return nil }
    let stock = Stock(
      holdings: (servers[name] ?? [:]).reduce(into: [:]) { all, item in
        all[item.key] = holding(item.key, item.value, of: name, at: now)
      }, routing: inForce[name].map { Delivery.Order($0).routing }, isInForce: true)
    return Delivery(Delivery.Order(plan), stock: stock, drainTimeout: World.drainTimeout)
  }

  private func holding(
    _ id: Revision.ID, _ server: World.Server, of name: DeploymentName, at now: Instant
  ) -> Holding {
    Holding(
      servers: server.replicas, isReady: readiness(of: id, server, in: name, at: now) == .ready,
      ending: server.drainingSince.map { since in
        .draining(for: now.since(since), isIdle: server.requests == 0)
      })
  }

  private mutating func carryOut(_ deed: Work.Deed, for name: DeploymentName, at now: Instant) {
    switch deed {
    case .load(let revision): load(revision, for: name, at: now)
    case .recall(let revision): servers[name]?[revision]?.drainingSince = nil
    case .shift: shift(name, at: now)
    case .drain(let revision): servers[name]?[revision]?.drainingSince = now
    case .unload(let revision): servers[name]?[revision] = nil
    }
  }

  private mutating func shift(_ name: DeploymentName, at now: Instant) {
    if let plan = plans[name] {
      let ready = (servers[name] ?? [:]).filter {
        readiness(of: $0.key, $0.value, in: name, at: now) == .ready
      }
      Invariants.checkShift(to: plan, ready: Set(ready.keys), of: name, &self)
    }
    inForce[name] = plans[name]
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
    of revision: Revision.ID, _ server: World.Server, in name: DeploymentName, at now: Instant
  ) -> Readiness {
    if server.drainingSince != nil { return .preparing("unloading") }
    guard server.readyAt <= now else { return .preparing("loading") }
    if unloadable.contains(versions[revision] ?? "") { return .failed("it does not load") }
    return underLoad(revision, server, in: name, at: now)
  }

  /// What the runtime says of a deployment.
  func runtimeState(of name: DeploymentName, at now: Instant) -> RuntimeState {
    let servers = servers[name] ?? [:]
    let versions = servers.keys.reduce(into: [Revision.ID: String]()) { $0[$1] = self.versions[$1] }
    let failing = versions.filter { failurePercent[$0.value, default: 0] > 0 }
    return RuntimeState(
      readiness: servers.reduce(into: [:]) { all, item in
        let readiness = readiness(of: item.key, item.value, in: name, at: now)
        let waits = readiness == .ready && isAwaitingRun(item.key, of: name)
        all[item.key] = waits ? .preparing("waits for a run") : readiness
      },
      crashes: versions.compactMapValues { serverCrashes[$0] },
      errorSamples: failing.mapValues {
        ErrorSample(status: 500, body: "v\($0) fails", at: now)
      }, generationInForce: inForce[name]?.generation)
  }
}

// Loads that a candidate must bear: they begin when it is loaded, and are over when they have lasted.
extension World.State {
  private func isUnderLoad(
    _ server: World.Server, _ order: LoadTestOrder, at now: Instant
  ) -> Bool { server.readyAt.advanced(by: order.test.duration) > now }

  /// Notes that the load is over which a deployment's candidate was under.
  private mutating func bear(_ name: DeploymentName, at now: Instant) {
    guard let order = plans[name]?.loadTest, let server = servers[name]?[order.revision],
      !isUnderLoad(server, order, at: now),
      !unbearing.contains(versions[order.revision] ?? "")
    else { return }
    borne[name, default: []].insert(order.revision)
  }

  /// What a load makes of a revision that is loaded.
  private func underLoad(
    _ revision: Revision.ID, _ server: World.Server, in name: DeploymentName, at now: Instant
  ) -> Readiness {
    guard let order = plans[name]?.loadTest, order.revision == revision,
      borne[name]?.contains(revision) != true
    else { return .ready }
    return isUnderLoad(server, order, at: now)
      ? .preparing("under load") : .failed("under load: too slow")
  }
}

// Jobs that read the model of a batch deployment: every half a minute one for twenty seconds.
extension World.State {
  /// Begins and ends the run that is due; none begins while a switch waits.
  mutating func run(_ name: DeploymentName, at now: Instant) {
    guard plans[name]?.serving == .batch else { return }
    let current = inForce[name]?.shares.first?.revision
    if now.milliseconds % 30_000 >= 20_000 {
      runs[name] = nil
    } else if runs[name] == nil, plans[name]?.shares.first?.revision == current {
      runs[name] = current
    }
  }

  /// Whether a switch has to wait for a run.
  private func isHeld(_ deed: Work.Deed, of name: DeploymentName) -> Bool {
    guard case .shift(let routing) = deed, let reading = runs[name] else { return false }
    return routing.shares.map(\.revision) != [reading]
  }

  private func isAwaitingRun(_ revision: Revision.ID, of name: DeploymentName) -> Bool {
    runs[name] != nil && runs[name] != revision && plans[name]?.reached == [revision]
  }
}
