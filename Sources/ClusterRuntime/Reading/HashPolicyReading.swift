import Encoding
import Kubernetes
import Manifests

/// What the gateways say of a policy.
///
/// A gateway that knows no such policies says nothing at all, as one does whose route is not there yet.
struct HashPolicyReading {
  /// Why the gateways do not take the policy as it is now; nil when all of them do.
  let refusal: String?
  /// Whether one of them has said so, and not only nothing yet.
  let isRefused: Bool

  init(entry: ClusterEntry, settings: KubernetesSettings) {
    let status = HashPolicyStatus(entry.metadata, entry["status", "ancestors"]?.items ?? [])
    let refused = settings.gateways.lazy.compactMap(status.refusal).first
    isRefused = refused != nil
    refusal = refused ?? settings.gateways.lazy.compactMap(status.silence).first
  }
}

/// The conditions of a policy, by the gateway that has written them.
private struct HashPolicyStatus {
  let metadata: ObjectMeta
  let ancestors: [JSONValue]

  init(_ metadata: ObjectMeta, _ ancestors: [JSONValue]) {
    (self.metadata, self.ancestors) = (metadata, ancestors)
  }

  /// What a gateway has against the policy: of any of its listeners, whichever the route hangs on.
  func refusal(of gateway: GatewayReference) -> String? {
    let conditions = ancestors.filter { isOf(gateway, $0) }.flatMap(current)
    let refused = conditions.first { isCondition($0, "Accepted", "False") }
    let overridden = conditions.first { isCondition($0, "Overridden", "True") }
    return (refused ?? overridden).map(gateway.words)
  }

  /// That a gateway has not taken the policy yet; nil when it has.
  func silence(of gateway: GatewayReference) -> String? {
    let own = ancestors.filter {
      isOf(gateway, $0) && $0[["ancestorRef", "sectionName"]]?.string == gateway.listener
    }
    let isTaken = own.flatMap(current).contains { isCondition($0, "Accepted", "True") }
    return isTaken ? nil : "the gateway \(gateway.name) has not looked at the policy yet"
  }

  private func isOf(_ gateway: GatewayReference, _ ancestor: JSONValue) -> Bool {
    let reference = ancestor["ancestorRef"]
    let own = metadata.namespace
    return reference?["name"]?.string == gateway.name
      && (reference?["namespace"]?.string ?? own) == (gateway.namespace ?? own)
  }

  /// What is said of the policy as it is now.
  private func current(_ ancestor: JSONValue) -> [JSONValue] {
    (ancestor["conditions"]?.items ?? []).filter {
      $0["observedGeneration"]?.integer == metadata.generation
    }
  }

  private func isCondition(_ condition: JSONValue, _ type: String, _ status: String) -> Bool {
    condition["type"]?.string == type && condition["status"]?.string == status
  }
}
