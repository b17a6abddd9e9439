import Encoding
import Kubernetes
import Rollouts

/// The policy by which Envoy Gateway hashes the clients of one route.
///
/// A route whose backends are clusters of their own, as ours are, then draws one of them by the hash (since Envoy Gateway 1.9).
struct HashPolicyDrawing {
  let names: ClusterNames
  let affinity: Affinity

  /// The policy; nil where the gateway hashes no such thing.
  var object: DrawnObject? {
    guard let hashed else { return nil }
    let type = ResourceType.httpRoutes
    let route: JSONValue = [
      "group": .string(type.group), "kind": .string(type.kind), "name": .string(names.route.name),
    ]
    let drawn = DrawnObject(
      .backendTrafficPolicies, names.route, metadata: names.metadata(names.route),
      spec: [
        // What the operator's policy of the gateway says of timeouts and the like holds for the route, too.
        "mergeType": "StrategicMerge", "targetRefs": [route],
        "loadBalancer": ["type": "ConsistentHash", "consistentHash": hashed],
      ])
    return drawn.marked(asDrawn: drawn)
  }

  private var hashed: JSONValue? {
    switch affinity {
    case .header(let name): ["type": "Headers", "headers": [["name": .string(name)]]]
    case .cookie(let name): ["type": "Cookie", "cookie": ["name": .string(name)]]
    case .json: nil
    }
  }
}
