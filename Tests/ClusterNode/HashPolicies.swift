import ClusterKit
import Encoding

/// What a gateway makes of the policies of its routes, as Envoy Gateway does.
///
/// Of several policies for one route the oldest holds, and the others conflict with it. One whose route is not there is not
/// spoken of.
struct HashPolicies {
  /// What is said of each policy that is spoken of.
  private(set) var statuses: [(policy: JSONValue, status: JSONValue)] = []
  private var inForce: [String: JSONValue] = [:]

  init(of routes: [JSONValue], _ policies: [JSONValue], areTaken: Bool) {
    guard areTaken else { return }
    let ordered = policies.sorted { Self.age($0) < Self.age($1) }
    for policy in ordered {
      for target in policy[path: "spec", "targetRefs"]?.items ?? [] {
        let route = routes.first {
          $0.namespace == policy.namespace && $0.name == target["name"]?.string
        }
        guard let route, target["kind"] == "HTTPRoute" else { continue }
        take(policy, of: route)
      }
    }
  }

  private mutating func take(_ policy: JSONValue, of route: JSONValue) {
    let name = "\(route.namespace)/\(route.name)"
    let isFirst = inForce[name] == nil
    if isFirst { inForce[name] = policy }
    statuses.append(
      (policy, ControllerStatus.refused(policy, of: route, isFirst ? nil : "Conflicted")))
  }

  private static func age(_ policy: JSONValue) -> (String, String) {
    (policy[path: "metadata", "creationTimestamp"]?.string ?? "", policy.name)
  }

  /// By what the clients of a route are hashed; nil when they are not.
  func hashed(of route: JSONValue) -> JSONValue? {
    let balancer = inForce["\(route.namespace)/\(route.name)"]?[path: "spec", "loadBalancer"]
    return balancer?["type"] == "ConsistentHash" ? balancer?["consistentHash"] : nil
  }
}
