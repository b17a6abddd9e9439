package import Control
import Delivery
import Encoding
import Kubernetes
import Manifests
package import Rollouts

// What is so, from what was told: nothing is asked for it.
extension ClusterRuntime {
  package func observe() async throws -> [DeploymentName: RuntimeState] {
    guard isRead else {
      throw ClusterRuntimeError(.unread, "what is in the cluster has not been read yet")
    }
    try await requireNews()
    let names = Set(plans.keys).union(cache.deployments)
    return names.reduce(into: [:]) { states, name in states[name] = state(of: name) }
  }

  private func state(of deployment: DeploymentName) -> RuntimeState {
    let servers = servers(of: deployment)
    var readiness = servers.reduce(into: [Revision.ID: Readiness]()) { all, item in
      all[item.key] = self.readiness(of: item.key, item.value, in: deployment)
    }
    for revision in (drains[deployment] ?? [:]).keys where readiness[revision] != nil {
      readiness[revision] = .preparing("unloading")
    }
    for (revision, why) in refusals[deployment] ?? [:] where readiness[revision] == nil {
      readiness[revision] = .preparing(why)
    }
    if let plan = plans[deployment], let reason = unsupported(plan) {
      // Who serves alone serves whatever was asked for beside it.
      for revision in plan.loaded.dropFirst(plan.loaded.count > 1 ? 1 : 0) {
        readiness[revision.id] = .failed(reason)
      }
    }
    return RuntimeState(
      readiness: readiness, crashes: servers.compactMapValues(\.crash),
      generationInForce: programmedGeneration(of: deployment), isUntold: isUntold(deployment))
  }

  /// The generation that is in force for as long as a gateway takes from accepting a route to answering by it.
  private func programmedGeneration(of deployment: DeploymentName) -> Int? {
    guard let generation = generationInForce(of: deployment), !altered.contains(deployment) else {
      accepted[deployment] = nil
      return nil
    }
    let known = accepted[deployment].flatMap { $0.generation == generation ? $0.since : nil }
    accepted[deployment] = (generation, known ?? .now)
    return .now - (known ?? .now) >= setup.propagation ? generation : nil
  }

  /// The generation whose traffic the gateways have taken; nil when they have not, or it was changed since.
  private func generationInForce(of deployment: DeploymentName) -> Int? {
    guard let reading = route(of: deployment) else {
      guard let plan = plans[deployment], plan.shares.isEmpty else { return nil }
      let isOver = isForgotten(deployment) && policyEntry(of: deployment) == nil
      return isOver ? plan.generation : nil
    }
    let isAltered =
      plans[deployment]?.generation == reading.generation
      && order(of: deployment)?.routing != routing(of: deployment)
    let isTaken = reading.refusal == nil && areClientsKept(of: deployment)
    return isTaken && !isAltered ? reading.generation : nil
  }

  /// What is asked for as a delivery; nil before anything is.
  func order(of deployment: DeploymentName) -> Delivery.Order? {
    plans[deployment]?.clusterOrder(setup.settings.reserve)
  }

  /// Whether gateways have had the time to forget a route that was taken away.
  private func isForgotten(_ deployment: DeploymentName) -> Bool {
    closings[deployment].map { .now - $0 >= .seconds(2) } ?? true
  }

  /// Why the plan cannot be carried out; nil when it can.
  ///
  /// Who serves alone serves on, whatever is to be watched: what is refused is a candidate that could not be judged.
  func unsupported(_ plan: Plan) -> String? {
    let isBlind = plan.isWatched && plan.loaded.count > 1
    let isDrawn = plan.shares.count > 1 || plan.match != nil
    let whyNotKept = setup.settings.whyNotKept(
      isDrawn ? plan.affinity : nil, countsEntities: plan.countsEntities,
      hasBaseline: plan.shares.count > 2)
    let whyNotCounted = plan.mirror == nil ? nil : setup.settings.whyNoMirror
    return plan.unsupported ?? (whyNotKept ?? whyNotCounted)?.rawValue
      ?? (isBlind ? setup.settings.whyNoDrift?.rawValue : nil)
  }

  // MARK: Reading

  /// The types of what says who answers.
  var routeTypes: [ResourceType] { [.httpRoutes] + policyTypes }

  var policyTypes: [ResourceType] {
    setup.settings.hashPolicy == .none ? [] : [.backendTrafficPolicies]
  }

  /// The type whose objects are the servers, and those that go with them.
  var serverTypes: [ResourceType] {
    switch setup.settings.server {
    case .kserve: [.inferenceServices]
    case .container: [.deployments, .services]
    }
  }

  func server(
    _ revision: Revision.ID, _ type: ResourceType, of deployment: DeploymentName
  ) -> ClusterEntry? {
    cache[type, setup.names(of: deployment).server(revision)]
  }

  /// What the objects of a deployment say.
  func reading(of deployment: DeploymentName) -> DeploymentReading {
    cache.reading(of: deployment) { [setup, serverTypes] cache in
      DeploymentReading(deployment, in: cache, servers: serverTypes[0], setup)
    }
  }

  func servers(of deployment: DeploymentName) -> [Revision.ID: ServerReading] {
    reading(of: deployment).servers
  }

  func holdings(of deployment: DeploymentName) -> [Revision.ID: Holding] {
    guard let plan = plans[deployment] else { return [:] }
    return servers(of: deployment).reduce(into: [:]) { all, item in
      let (revision, reading) = item
      // What is stopped has to be loaded again before it answers, and stays until nobody may go back to it.
      if reading.isStopped, plan.loaded.contains(where: { $0.id == revision }) { return }
      all[revision] = Holding(
        servers: replicas(of: reading, revision, plan, deployment),
        isReady: readiness(of: revision, reading, in: deployment) == .ready
          && hasService(revision, of: deployment),
        ending: ending(of: reading, revision, deployment))
    }
  }

  /// Whether requests to the revision's Service reach the revision: KServe makes its own.
  private func hasService(_ revision: Revision.ID, of deployment: DeploymentName) -> Bool {
    setup.settings.server == .kserve || server(revision, .services, of: deployment) != nil
  }

  /// How many replicas there are to be, in the plan's terms: what others scale is as good as its number.
  private func replicas(
    of reading: ServerReading, _ revision: Revision.ID, _ plan: Plan, _ deployment: DeploymentName
  ) -> Int {
    if setup.settings.scaling == .others { return plan.replicas }
    guard let wanted = plan.loaded.first(where: { $0.id == revision }),
      drawing(of: wanted, plan, deployment).drawnReplicas == reading.replicas
    else { return reading.replicas ?? 1 }
    return plan.replicas
  }

  private func ending(
    of reading: ServerReading, _ revision: Revision.ID, _ deployment: DeploymentName
  ) -> Holding.Ending? {
    if reading.isGoing { return .unloading }
    return drains[deployment]?[revision].map {
      .draining(for: .now - $0, isIdle: reading.isStopped)
    }
  }

  func routeEntry(of deployment: DeploymentName) -> ClusterEntry? {
    cache.route(of: deployment, setup)
  }

  func route(of deployment: DeploymentName) -> RouteReading? { reading(of: deployment).route }

  func routing(of deployment: DeploymentName) -> Routing? {
    let reading = reading(of: deployment)
    let known = (plans[deployment]?.loaded ?? []).map(\.id) + reading.servers.keys
    return reading.route?.routing(
      setup.names(of: deployment), of: setup.settings.server, known: known)
  }
}

extension [Plan.Share] {
  /// The shares in an order of their own: that of the places in a route is another one.
  var inOrder: [Plan.Share] { sorted { $0.revision < $1.revision } }
}

extension Plan {
  /// The plan without what no cluster does, and without a reserve that does not run.
  func clusterOrder(_ reserve: ReserveServing) -> Delivery.Order {
    Delivery.Order(
      loaded: reserve == .running ? loaded : loaded.filter { $0.id != self.reserve },
      routing: Routing(
        generation: generation, shares: shares.inOrder, mirror: mirror, match: match,
        sampling: .none),
      replicas: replicas)
  }

  /// Why no runtime in a cluster can carry it out; nil when one can.
  fileprivate var unsupported: String? {
    let limits: [ClusterLimit?] = [
      serving == .batch ? .batch : nil,
      copiesPerSecond == nil ? nil : .copies,
      loadTest?.test.recorded == nil ? nil : .recorded,
    ]
    return limits.lazy.compactMap(\.self).first?.rawValue
  }
}
