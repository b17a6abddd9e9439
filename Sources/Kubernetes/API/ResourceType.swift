import HTTP

/// A kind of objects in a cluster's API, with the names by which it is asked for.
package struct ResourceType: Hashable, Sendable {
  /// "serving.kserve.io"; "" for the core group.
  package let group: String
  package let version: String
  /// As it stands in paths: "inferenceservices".
  package let plural: String
  /// As it stands in objects: "InferenceService".
  package let kind: String
  package let isNamespaced: Bool

  package init(
    group: String, version: String, plural: String, kind: String, isNamespaced: Bool = true
  ) {
    self.group = group
    self.version = version
    self.plural = plural
    self.kind = kind
    self.isNamespaced = isNamespaced
  }

  package static let backendTrafficPolicies = ResourceType(
    group: "gateway.envoyproxy.io", version: "v1alpha1", plural: "backendtrafficpolicies",
    kind: "BackendTrafficPolicy")
  package static let deployments = ResourceType(
    group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
  package static let events = ResourceType(
    group: "events.k8s.io", version: "v1", plural: "events", kind: "Event")
  package static let httpRoutes = ResourceType(
    group: "gateway.networking.k8s.io", version: "v1", plural: "httproutes", kind: "HTTPRoute")
  package static let inferenceServices = ResourceType(
    group: "serving.kserve.io", version: "v1beta1", plural: "inferenceservices",
    kind: "InferenceService")
  package static let leases = ResourceType(
    group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
  package static let pods = ResourceType(group: "", version: "v1", plural: "pods", kind: "Pod")
  package static let services = ResourceType(
    group: "", version: "v1", plural: "services", kind: "Service")

  /// As objects say it: "v1" or "apps/v1".
  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// Returns the path of a list, or of one object and a part of it; without a namespace of those of all namespaces.
  func path(namespace: String?, name: String? = nil, part: String? = nil) -> String {
    let root = group.isEmpty ? "/api" : "/apis/\(group)"
    let place = namespace.map { ["namespaces", $0] } ?? []
    let rest = [plural] + [name, part].compactMap(\.self)
    return "\(root)/\(version)/" + (place + rest).map(\.pathSegment).joined(separator: "/")
  }
}

/// Where an object lies.
package struct ObjectName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// nil for an object of the whole cluster.
  package let namespace: String?
  package let name: String

  package init(_ namespace: String?, _ name: String) {
    self.namespace = namespace
    self.name = name
  }

  package var description: String { namespace.map { "\($0)/\(name)" } ?? name }

  package static func < (left: Self, right: Self) -> Bool {
    (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
  }
}
