import Control
import Delivery
import Logging
import Manifests
import Rollouts

// Deliveries: an artifact is fetched, the pointer moves to it between two runs, and the old artifact goes.
extension BatchRuntime {
  func deliver(to deployment: DeploymentName) async throws {
    var done: [Work.Deed] = []
    while let deed = delivery(to: deployment)?.due.first(where: { !done.contains($0) }) {
      done.append(deed)
      switch deed {
      case .load(let revision): load(revision, for: deployment)
      case .shift: try shift(deployment)
      // No run reads what the pointer does not name: there is nothing to wait for.
      case .drain(let revision): try await drop(ServerKey(deployment, revision))
      case .recall, .unload: break
      }
    }
    if !done.contains(where: \.isShift) { try callOff(deployment) }
  }

  /// Lets runs begin again when what a switch waited with is no longer asked for, or not here yet.
  private func callOff(_ deployment: DeploymentName) throws {
    guard var order = orders[deployment], order.waitingSince != nil else { return }
    try removeNext(of: deployment)
    waits[deployment] = nil
    order.waitingSince = nil
    try save(order, of: deployment)
  }

  private func delivery(to deployment: DeploymentName) -> Delivery? {
    guard let order = orders[deployment] else { return nil }
    var holdings: [Revision.ID: Holding] = [:]
    for (key, model) in models where key.deployment == deployment {
      holdings[key.revision] = Holding(isReady: model.artifact != nil)
    }
    return Delivery(
      Delivery.Order(loaded: order.loaded, routing: order.routing, replicas: 1),
      known: order.kept,
      stock: Stock(holdings: holdings, routing: reading(of: deployment), isInForce: true),
      drainTimeout: .zero)
  }

  private func drop(_ key: ServerKey) async throws {
    models[key]?.task?.cancel()
    await models[key]?.task?.value
    models[key] = nil
    if var order = orders[key.deployment] {
      order.digests["\(key.revision)"] = nil
      try save(order, of: key.deployment)
    }
    try await store.release(key)
  }
}

// Artifacts.
extension BatchRuntime {
  private func load(_ revision: Revision, for deployment: DeploymentName) {
    let key = ServerKey(deployment, revision.id)
    models[key] = BatchModel()
    models[key]?.task = Task { await fetch(revision.model, for: key) }
  }

  private func fetch(_ model: Model, for key: ServerKey) async {
    var backoff = Backoff(longest: FetchProblem.longestWait)
    become(.preparing("fetching \(ArtifactSource.shown(model.uri))"), key)
    while !Task.isCancelled {
      do {
        return try note(try await provide(model, for: key), key)
      } catch {
        guard !Task.isCancelled else { return }
        guard FetchProblem(error).mayPass else {
          return become(.failed((error as? LocalRuntimeError)?.reason ?? "\(error)"), key)
        }
        become(.preparing(FetchProblem(error).whatIsAwaited(of: model)), key)
        try? await Task.sleep(for: backoff.delay())
      }
    }
  }

  /// Fetches an artifact, looks into its pickles, and lets jobs of every user read it.
  private func provide(_ model: Model, for key: ServerKey) async throws -> Artifact {
    let artifact = try await store.fetch(model, for: key)
    try await scanner?.heed(
      artifact, of: key, port: LoopbackPorts.range.lowerBound, log: ProcessLog(path: folder.log),
      unsafe: settings.unsafePickles, logger)
    try Files.letAllRead(Tools.folder(of: artifact.path))
    return artifact
  }

  private func note(_ artifact: Artifact, _ key: ServerKey) throws {
    guard !Task.isCancelled, var order = orders[key.deployment] else { return }
    order.digests["\(key.revision)"] = artifact.digest
    try save(order, of: key.deployment)
    models[key]?.artifact = artifact
    become(.ready, key)
  }

  private func become(_ readiness: Readiness, _ key: ServerKey) {
    guard models[key]?.readiness != readiness else { return }
    models[key]?.readiness = readiness
    logger.info(
      "revision \(readiness)",
      metadata: ["deployment": "\(key.deployment)", "revision": "\(key.revision)"])
  }
}

// The pointer.
extension BatchRuntime {
  /// Publishes what is wanted, unless runs read something else now.
  private func shift(_ deployment: DeploymentName) throws {
    guard var order = orders[deployment] else { return }
    let wanted = order.revisions.first { $0.id == order.wanted }
    let artifact = wanted.flatMap { models[ServerKey(deployment, $0.id)]?.artifact }
    let pointer = BatchPointer(
      deployment, generation: order.generation, at: clock.now, wanted, artifact)
    let current = pointers[deployment]?.model
    // Runs go on with what they read when nothing but the generation changes.
    if current != nil, current != pointer.model, try isHeld(deployment, pointer, &order) { return }
    try publish(pointer, at: folder.current(of: deployment))
    try removeNext(of: deployment)
    pointers[deployment] = pointer
    waits[deployment] = nil
    order.waitingSince = nil
    order.kept = []
    try save(order, of: deployment)
    logger.info(
      "runs read another model from now on",
      metadata: [
        "deployment": "\(deployment)", "generation": "\(pointer.generation)",
        "revision": "\(pointer.model?.revision ?? "none")",
      ])
  }

  /// Says that a switch waits, and then returns whether it has to.
  private func isHeld(
    _ deployment: DeploymentName, _ pointer: BatchPointer, _ order: inout BatchOrder
  ) throws -> Bool {
    // A clock that was set back must not prolong the wait.
    let since = min(order.waitingSince ?? clock.now, clock.now)
    if order.waitingSince != since {
      order.waitingSince = since
      try save(order, of: deployment)
    }
    let next = folder.next(of: deployment)
    if try BatchPointer.read(next)?.generation != pointer.generation {
      try publish(pointer, at: next)
    }
    let leases = BatchLeases(folder: folder.leases(of: deployment), longest: longestLease)
    let now = clock.now
    try leases.sweep(at: now)
    let end = since.advanced(by: longestLease)
    guard let lease = try leases.last(at: now) else { return false }
    guard now < end else {
      logger.warning(
        "a run has had the longest lease: the switch waits no longer",
        metadata: ["deployment": "\(deployment)", "run": "\(lease.holder)"])
      return false
    }
    note(BatchLease(holder: lease.holder, end: min(lease.end, end)), of: deployment)
    return true
  }

  private func note(_ lease: BatchLease, of deployment: DeploymentName) {
    if waits[deployment]?.holder != lease.holder {
      logger.info(
        "a switch waits for a run",
        metadata: [
          "deployment": "\(deployment)", "run": "\(lease.holder)",
          "at-most-until": "\(lease.end.text)",
        ])
    }
    waits[deployment] = lease
  }

  private func publish(_ pointer: BatchPointer, at path: String) throws {
    try Files.publish(pointer, to: path, stage: folder.stage)
  }

  func removeNext(of deployment: DeploymentName) throws {
    try Files.remove(folder.next(of: deployment))
  }
}
