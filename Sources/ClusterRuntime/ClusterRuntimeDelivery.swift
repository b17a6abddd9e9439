import Control
import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts

// Deliveries: what is to be done is decided elsewhere; it is done here.
extension ClusterRuntime {
  /// Does what may be done now for a deployment, each piece of work once, and mends what others have changed.
  ///
  /// What fails keeps nothing else from being done: a revision that the cluster refuses must not hold up a way back.
  ///
  /// - Throws: The first error, once all is tried.
  func deliver(to deployment: DeploymentName) async throws {
    // A split waits for its policy, and a way back for none: who fights over one stops no other evidence.
    let isSplit = plans[deployment].map { $0.shares.count > 1 } ?? false
    var policyFailures = isSplit ? await failure { try await writePolicy(of: deployment) } : []
    var (done, failures) = ([Work.Deed](), [any Error]())
    while let deed = nextDeed(for: deployment, after: done) {
      done.append(deed)
      failures += await failure { try await carryOut(deed, for: deployment) }
    }
    failures += await failure { try await mend(deployment) }
    if !isSplit { policyFailures = await failure { try await writePolicy(of: deployment) } }
    let isContested = failures.contains { ($0 as? ClusterRuntimeError)?.kind == .contested }
    note(altered: isContested, deployment)
    if let first = (failures + policyFailures).first { throw first }
  }

  /// Does a piece of work; returns what went wrong.
  private func failure(of body: () async throws -> Void) async -> [any Error] {
    do {
      try await body()
      return []
    } catch {
      return [error]
    }
  }

  /// Traffic that can move moves first: loading may take the time of a whole webhook.
  private func nextDeed(for deployment: DeploymentName, after done: [Work.Deed]) -> Work.Deed? {
    let open = openDeeds(of: delivery(to: deployment), deployment).filter { !done.contains($0) }
    return open.first { if case .shift = $0 { true } else { false } } ?? open.first
  }

  /// What may be done now of what is due.
  private func openDeeds(of delivery: Delivery?, _ deployment: DeploymentName) -> [Work.Deed] {
    // What a gateway has not taken may still send requests where they went before.
    let isTaken = route(of: deployment)?.refusal == nil
    return (delivery?.due ?? []).filter {
      (isTaken || !$0.isEnding) && !isTooEarly($0, of: deployment)
    }
  }

  /// How long until a revision may be taken away that drains; nil when none does.
  ///
  /// One that has drained while the rest was done may be taken away at once: nothing else would say that it is time.
  func nextUnload(of deployment: DeploymentName) -> Duration? {
    guard let delivery = delivery(to: deployment) else { return nil }
    let isDrained = openDeeds(of: delivery, deployment).contains {
      if case .unload = $0 { true } else { false }
    }
    return isDrained ? .zero : delivery.nextDrain
  }

  /// Whether clients would be split before they are kept with whom they meet; what is set right is not.
  private func isTooEarly(_ deed: Work.Deed, of deployment: DeploymentName) -> Bool {
    guard case .shift(let routing) = deed, let route = route(of: deployment),
      route.generation != routing.generation
    else { return false }
    return !isKept(routing, of: deployment)
  }

  func delivery(to deployment: DeploymentName) -> Delivery? {
    guard let plan = plans[deployment], unsupported(plan) == nil,
      route(of: deployment)?.generation ?? 0 <= plan.generation, let order = order(of: deployment)
    else { return nil }
    let isClosed = order.routing.shares.isEmpty && routeEntry(of: deployment) == nil
    let stock = Stock(
      holdings: holdings(of: deployment),
      routing: isClosed ? order.routing : routing(of: deployment), isInForce: true)
    return Delivery(
      order, known: plan.loaded, stock: stock, drainTimeout: setup.settings.drainTimeout)
  }

  private func carryOut(_ deed: Work.Deed, for deployment: DeploymentName) async throws {
    switch deed {
    case .load(let revision): try await load(revision, for: deployment)
    case .recall(let revision): drains[deployment]?[revision] = nil
    case .shift(let routing): try await shift(to: routing, of: deployment)
    case .drain(let revision): drains[deployment, default: [:]][revision] = .now
    case .unload(let revision): try await end(revision, of: deployment)
    }
  }

  private func load(_ revision: Revision, for deployment: DeploymentName) async throws {
    guard let plan = plans[deployment] else { return }
    // What was stopped is wanted for a way back.
    let isUrgent = servers(of: deployment)[revision.id]?.isStopped == true
    do {
      for drawn in drawing(of: revision, plan, deployment).objects {
        try await apply(drawn, for: deployment, isUrgent: isUrgent)
      }
      noteServers(of: deployment)
      refusals[deployment]?[revision.id] = nil
    } catch {
      refusals[deployment, default: [:]][revision.id] = "\(error)".inOneLine
      throw error
    }
  }

  /// Takes a revision's place from the route first: a backend that is gone is an error for its share, and what KServe has
  /// stopped has no Service.
  private func end(_ revision: Revision.ID, of deployment: DeploymentName) async throws {
    if let reading = route(of: deployment), reading.slots.place(of: revision) != nil,
      let routing = routing(of: deployment)
    {
      try await draw(routing, of: deployment, without: revision)
    }
    if let plan = plans[deployment], plan.reserve == revision {
      try await stop(revision, plan, of: deployment)
    } else {
      try await delete(revision, of: deployment)
    }
    noteServers(of: deployment)
    drains[deployment]?[revision] = nil
    refusals[deployment]?[revision] = nil
  }

  private func delete(_ revision: Revision.ID, of deployment: DeploymentName) async throws {
    for type in serverTypes {
      guard let entry = server(revision, type, of: deployment) else { continue }
      try await client.delete(type, entry.metadata)
      cache.remove(type, entry.objectName)
    }
  }

  /// Takes the pods of a reserve away, and keeps its objects.
  private func stop(
    _ reserve: Revision.ID, _ plan: Plan, of deployment: DeploymentName
  ) async throws {
    guard let revision = plan.loaded.first(where: { $0.id == reserve }) else { return }
    let drawn = drawing(of: revision, plan, deployment, isStopped: true).server
    try await apply(drawn, for: deployment, isUrgent: false)
    await awaitRest(of: reserve, in: deployment)
  }

  /// Waits a moment until the cluster says that a server is stopped.
  ///
  /// Until then KServe's status is that of the pods which it is taking away: who started the server again could take it
  /// for ready. A KServe that is down, or too old, is not waited for.
  private func awaitRest(of revision: Revision.ID, in deployment: DeploymentName) async {
    for _ in 0..<50 {
      guard servers(of: deployment)[revision]?.isAtRest == false,
        (try? await Task.sleep(for: .milliseconds(100))) != nil
      else { return }
    }
  }

  // MARK: Traffic

  private func shift(to routing: Routing, of deployment: DeploymentName) async throws {
    guard !routing.shares.isEmpty else { return try await close(deployment) }
    try await draw(routing, of: deployment)
  }

  /// Ends all answers: the gateway knows no such model then.
  private func close(_ deployment: DeploymentName) async throws {
    guard let entry = routeEntry(of: deployment) else { return }
    try await client.delete(.httpRoutes, entry.metadata)
    cache.remove(.httpRoutes, entry.objectName)
    closings[deployment] = .now
    notePlaces(of: deployment)
  }

  private func draw(
    _ routing: Routing, of deployment: DeploymentName, without leaving: Revision.ID? = nil
  ) async throws {
    let drawn = routeDrawing(routing, of: deployment, without: leaving).object
    // What this plan has drawn already was changed by somebody else. What an older one has drawn is changed at once:
    // it may be a rollback. A thousand new ones take turns.
    let reading = route(of: deployment)
    let isMending =
      leaving == nil && reading?.generation == plans[deployment]?.generation
      && !isOfNewSettings(drawn)
    try await apply(
      drawn, for: deployment, isUrgent: reading != nil && !isMending, isMending: isMending)
    notePlaces(of: deployment)
  }

  func routeDrawing(
    _ routing: Routing, of deployment: DeploymentName, without leaving: Revision.ID? = nil
  ) -> RouteDrawing {
    let holdings = holdings(of: deployment)
    let staying = Set(holdings.filter { $0.value.ending != .unloading }.keys)
      .subtracting([leaving].compactMap(\.self))
    let before = route(of: deployment)?.slots ?? RouteSlots()
    let versions = (plans[deployment]?.loaded ?? []).map { ($0.id, $0.model.version) }
    return RouteDrawing(
      names: setup.names(of: deployment), settings: setup.settings, routing: routing,
      slots: before.following(
        routing.shares, chosen: routing.match?.revision, staying: staying),
      versions: Dictionary(versions) { first, _ in first },
      decision: record(of: routing.generation, for: deployment))
  }

  /// The number of the record that made a generation, as this life was told, or as the route says it.
  private func record(of generation: Int, for deployment: DeploymentName) -> Int? {
    if let known = records[deployment], known.generation == generation { return known.number }
    let reading = route(of: deployment)
    return reading?.generation == generation ? reading?.decision : nil
  }

  func drawing(
    of revision: Revision, _ plan: Plan, _ deployment: DeploymentName, isStopped: Bool = false
  ) -> RevisionDrawing {
    RevisionDrawing(
      names: setup.names(of: deployment), settings: setup.settings, revision: revision,
      replicas: plan.replicas, isLogged: plan.isWatched, isStopped: isStopped)
  }

  // MARK: What others have changed

  /// Applies again what is not as it was applied.
  private func mend(_ deployment: DeploymentName) async throws {
    guard let plan = plans[deployment], unsupported(plan) == nil else { return }
    let there = servers(of: deployment)
    let wanted = plan.loaded.filter { there[$0.id] != nil }
    var drawn = wanted.flatMap { revision in
      let isStopped = there[revision.id]?.isStopped == true
      return drawing(of: revision, plan, deployment, isStopped: isStopped).objects
    }
    if let routing = order(of: deployment)?.routing, !routing.shares.isEmpty,
      self.routing(of: deployment) == routing
    {
      drawn.append(routeDrawing(routing, of: deployment).object)
    }
    for object in drawn {
      if lacksLogger(object) || isOfNewSettings(object) {
        try await apply(object, for: deployment, isUrgent: false)
      } else if !isSettled(object) {
        try await apply(object, for: deployment, isUrgent: false, isMending: true)
      }
    }
  }

  /// Whether a route, or its policy, was drawn when what is asked for was something else: it follows at once, and nobody has
  /// changed it.
  func isOfNewSettings(_ drawn: DrawnObject) -> Bool {
    guard routeTypes.contains(drawn.type), let entry = cache[drawn.type, drawn.name] else {
      return false
    }
    return drawn.isOfOtherSettings(than: entry)
  }

  /// Whether a server was drawn when nothing, or somebody else, was to hear what it is asked.
  ///
  /// That alone draws a server anew: without it drift would have nothing to compare until the next revision but one.
  private func lacksLogger(_ drawn: DrawnObject) -> Bool {
    guard let logger = drawn.json[RevisionDrawing.loggerPath],
      let entry = cache[drawn.type, drawn.name], !entry.isGoing,
      drawn.isOfOtherSettings(than: entry)
    else { return false }
    return !logger.isWithin(entry.json[RevisionDrawing.loggerPath])
  }

  func isSettled(_ drawn: DrawnObject) -> Bool {
    guard let entry = cache[drawn.type, drawn.name], !entry.isGoing else { return false }
    if drawn.demanded.isWithin(entry.json) || drawn.isOfOtherSettings(than: entry) { return true }
    let last = settled[ClusterCache.Key(type: drawn.type, name: drawn.name)]
    return last == Settled(drawn, generation: entry.metadata.generation)
  }
}

extension Work.Deed {
  fileprivate var isEnding: Bool {
    switch self {
    case .drain, .unload: true
    case .load, .recall, .shift: false
    }
  }
}

extension DrawnObject {
  /// Whether the object was drawn when the operator's settings were others.
  ///
  /// A server serves on as it is, since a new image must not restart every model at once. The next revision gets the new
  /// settings.
  fileprivate func isOfOtherSettings(than entry: ClusterEntry) -> Bool {
    guard let theirs = entry.metadata.annotations?[ClusterNames.Key.drawing],
      let ours = json[["metadata", "annotations", ClusterNames.Key.drawing]]?.string
    else { return false }
    return theirs != ours
  }
}

extension Delivery {
  /// How long until the first revision that drains has done so.
  fileprivate var nextDrain: Duration? {
    let waits = work.flatMap(\.awaits).compactMap { wait -> Duration? in
      if case .drained(_, let time) = wait { time } else { nil }
    }
    return waits.min().map { max($0, .zero) }
  }
}
