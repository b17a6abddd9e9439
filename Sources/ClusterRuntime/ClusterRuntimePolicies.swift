import Delivery
import Kubernetes
import Manifests
import Rollouts

// Policies by which gateways keep clients with a revision. Each is beside the route that it is of, under the same name.
extension ClusterRuntime {
  /// The policy of a deployment; nil while there is none, or it is on its way out.
  func policyEntry(of deployment: DeploymentName) -> ClusterEntry? {
    let entry = cache[.backendTrafficPolicies, setup.names(of: deployment).route]
    return entry?.deployment == deployment && entry?.isGoing == false ? entry : nil
  }

  /// The policy that is asked for; nil when no client is to stay, or none can be kept as it is to be.
  ///
  /// It is there from the first revision on: what a gateway does with requests should not change because a candidate comes.
  private func wantedPolicy(of deployment: DeploymentName) -> DrawnObject? {
    guard setup.settings.hashPolicy == .envoyGateway, let plan = plans[deployment],
      !plan.shares.isEmpty, !plan.countsEntities, let affinity = plan.affinity
    else { return nil }
    return HashPolicyDrawing(names: setup.names(of: deployment), affinity: affinity).object
  }

  /// Makes the policy as it is asked for, or takes it away; the next plan waits for none of this.
  ///
  /// - Throws: `ClusterRuntimeError` also when a gateway refuses it, or when a split waits for it, so that somebody hears of that.
  func writePolicy(of deployment: DeploymentName) async throws {
    let write = Task { try await settlePolicy(of: deployment) }
    policyWrites[deployment] = write
    defer { policyWrites[deployment] = nil }
    try await withTaskCancellationHandler {
      try await write.value
    } onCancel: {
      write.cancel()
    }
  }

  private func settlePolicy(of deployment: DeploymentName) async throws {
    guard let plan = plans[deployment], unsupported(plan) == nil,
      route(of: deployment)?.generation ?? 0 <= plan.generation
    else { return }
    guard let wanted = wantedPolicy(of: deployment) else {
      return try await deletePolicy(of: deployment)
    }
    guard cache.read.contains(.backendTrafficPolicies) else {
      throw ClusterRuntimeError(.unread, "policies of the cluster have not been read yet")
    }
    if policyEntry(of: deployment) == nil || isOfNewSettings(wanted) {
      try await apply(wanted, for: deployment, isUrgent: false)
    } else if !isSettled(wanted) {
      try await apply(wanted, for: deployment, isUrgent: false, isMending: true)
    }
    guard let reading = policyReading(of: deployment), let why = reading.refusal else { return }
    if reading.isRefused || plan.shares.count > 1 && route(of: deployment) != nil {
      throw ClusterRuntimeError(.refused, "\(wanted.type.kind) \(wanted.name): \(why)")
    }
  }

  private func deletePolicy(of deployment: DeploymentName) async throws {
    guard let entry = policyEntry(of: deployment) else { return }
    try await client.delete(.backendTrafficPolicies, entry.metadata)
    cache.remove(.backendTrafficPolicies, entry.objectName)
  }

  private func policyReading(of deployment: DeploymentName) -> HashPolicyReading? {
    policyEntry(of: deployment).map { HashPolicyReading(entry: $0, settings: setup.settings) }
  }

  /// Whether clients meet one revision each when requests are split so.
  ///
  /// A gateway says nothing of a policy whose route is not there.
  func isKept(_ routing: Routing, of deployment: DeploymentName) -> Bool {
    guard routing.shares.count > 1, let wanted = wantedPolicy(of: deployment) else { return true }
    guard policyEntry(of: deployment) != nil, !isOfNewSettings(wanted), isSettled(wanted) else {
      return false
    }
    return route(of: deployment) == nil || policyReading(of: deployment)?.refusal == nil
  }

  /// Whether clients are kept as they are to be, by the route that there is: nobody has to be where one revision answers.
  func areClientsKept(of deployment: DeploymentName) -> Bool {
    guard let routing = routing(of: deployment), routing.shares.count > 1 else { return true }
    // What nobody has asked this life for is as it was left.
    guard plans[deployment] != nil else { return policyReading(of: deployment)?.refusal == nil }
    let isWanted = wantedPolicy(of: deployment) != nil
    return isWanted ? isKept(routing, of: deployment) : policyEntry(of: deployment) == nil
  }
}
