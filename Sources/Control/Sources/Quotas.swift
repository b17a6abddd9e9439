import Analysis
import Manifests
import Rollouts

/// Counts what the deployments of each namespace may have loaded, and refuses what is too much.
///
/// Think of a hall with so many seats: who sits there stays, and who comes is let in while there are
/// seats, in the order of their names. A deployment that is there keeps its seats, whatever its manifest
/// asks for now, so that nobody is displaced.
struct Quotas {
  /// What a deployment takes of a quota.
  private struct Amounts {
    var deployments = 0
    var revisions = 0
    var servers = 0

    init() {}

    /// A rollout keeps stable loaded beside all candidates, and a baseline beside one.
    init(of deployment: Deployment) {
      deployments = 1
      revisions =
        deployment.strategy.isExclusive ? 1 : deployment.analysis.dependence == .matched ? 3 : 2
      revisions += deployment.rivals?.count ?? 0
      servers = deployment.serving == .batch ? 0 : revisions * (deployment.replicas ?? 1)
    }

    static func + (left: Amounts, right: Amounts) -> Amounts {
      var sum = left
      sum.deployments += right.deployments
      sum.revisions += right.revisions
      sum.servers += right.servers
      return sum
    }

    static func - (left: Amounts, right: Amounts) -> Amounts {
      var rest = left
      rest.deployments -= right.deployments
      rest.revisions -= right.revisions
      rest.servers -= right.servers
      return rest
    }

    /// Returns what of a quota a growth to these amounts breaks: "20 deployments".
    func broken(_ quota: QuotaSettings, growingFrom before: Amounts) -> String? {
      if let limit = quota.deployments, deployments > max(limit, before.deployments) {
        return "\(limit) deployments"
      }
      if let limit = quota.revisions, revisions > max(limit, before.revisions) {
        return "\(limit) loaded revisions"
      }
      if let limit = quota.servers, servers > max(limit, before.servers) {
        return "\(limit) model servers"
      }
      return nil
    }
  }

  let rules: NamespaceRules
  /// What is there already, by what it was admitted with.
  let present: [DeploymentName: Deployment]

  /// Returns the deployments that do not fit, each with what it would break.
  ///
  /// - Parameters:
  ///   - wanted: What is asked for.
  ///   - held: Names that stay as they are, whatever is asked for.
  /// - Returns: The refused ones.
  func refusals(
    of wanted: [DeploymentName: Deployment], beside held: Set<DeploymentName>
  ) -> [DeploymentName: String] {
    var used: [String: Amounts] = [:]
    let staying = present.filter { wanted[$0.key] != nil || held.contains($0.key) }
    for (name, deployment) in staying {
      used[name.namespace, default: Amounts()] =
        used[name.namespace, default: Amounts()] + Amounts(of: deployment)
    }
    var refusals: [DeploymentName: String] = [:]
    for (name, deployment) in order(wanted) {
      let before = used[name.namespace, default: Amounts()]
      let own = present[name].map { Amounts(of: $0) } ?? Amounts()
      let after = before - own + Amounts(of: deployment)
      if let broken = after.broken(rules.quota(of: name.namespace), growingFrom: before) {
        refusals[name] = broken
      } else {
        used[name.namespace] = after
      }
    }
    return refusals
  }

  /// What is there comes first, and of it what frees something; then by name.
  private func order(
    _ wanted: [DeploymentName: Deployment]
  ) -> [(name: DeploymentName, deployment: Deployment)] {
    func turn(_ name: DeploymentName, _ deployment: Deployment) -> Int {
      guard let before = present[name] else { return 2 }
      return Amounts(of: deployment).servers <= Amounts(of: before).servers ? 0 : 1
    }
    return wanted.map { (name: $0.key, deployment: $0.value) }.sorted { left, right in
      let turns = (turn(left.name, left.deployment), turn(right.name, right.deployment))
      return turns.0 == turns.1 ? left.name < right.name : turns.0 < turns.1
    }
  }
}

extension Diagnostic {
  static func overQuota(_ name: DeploymentName, at path: String, _ broken: String) -> Diagnostic {
    onWholeFile(
      path, "\(name) would be more than the namespace \"\(name.namespace)\" may have: \(broken)",
      hint: "remove another deployment of the namespace, or ask for a larger quota")
  }
}
