import Delivery
import Encoding
import Foundation
import Kubernetes
import Manifests
import Rollouts

@testable import ClusterRuntime

/// What the tests of this folder draw and read.
enum Drawings {
  static let fraud = DeploymentName(namespace: "payments", name: "fraud")
  static let iris = DeploymentName(name: "iris")

  static func revision(_ version: String, id: String, digest: Bool = true) -> Revision {
    let model = Model(
      version: version, uri: "https://models.example.org/fraud/\(version).tar",
      digest: digest ? "sha256:" + String(repeating: "ab", count: 32) : nil, format: "sklearn",
      smoke: nil, retry: 0)
    return Revision(id: Revision.ID(id), model: model)
  }

  static let seven = revision("7", id: "7777777777")
  static let eight = revision("8", id: "8888888888")

  static func settings(_ server: ClusterServing, namespace: String? = nil) -> KubernetesSettings {
    KubernetesSettings(
      namespace: namespace, gateways: [GatewayReference(name: "models", namespace: "gateways")],
      hostnames: ["models.example.org"], inferencePaths: ["infer", "generate"], server: server,
      image: "registry.example.org/serin:1")
  }

  /// Reads the path as the operator's file has it.
  static func path(_ template: String) throws -> PublicPath {
    let file = """
      {apiVersion: serin.dev/v1alpha1, kind: Controller, metadata: {name: serin},
      spec: {source: {url: /srv/models.git}, namespaces: {payments: {}}, runtimes: [{name: cluster,
      kubernetes: {gateways: [{name: models}], image: serin, path: "\(template)"}}]}}
      """
    let runtimes = decodeController(Array(file.utf8), path: "x").configuration?.runtimes
    guard case .kubernetes(let settings)? = runtimes?.first?.place else { throw NoPath() }
    guard let path = settings.path else { throw NoPath() }
    return path
  }

  struct NoPath: Error {}

  static func names(
    _ deployment: DeploymentName, _ settings: KubernetesSettings
  ) -> ClusterNames {
    ClusterNames(deployment, in: settings, owner: "serin.cluster")
  }

  /// What the cluster would say of an object just applied.
  static func entry(_ drawn: DrawnObject, _ more: JSONValue = [:]) throws -> ClusterEntry {
    let given = ["metadata": ["uid": "u", "resourceVersion": "1", "generation": 1]] as JSONValue
    let whole = drawn.json.merged(with: given).merged(with: more)
    return try JSONDecoder().decode(ClusterEntry.self, from: Data(whole.canonical.utf8))
  }

  static func route(
    _ deployment: DeploymentName, _ settings: KubernetesSettings, _ routing: Routing,
    slots: RouteSlots = RouteSlots(), staying: [Revision] = [seven, eight]
  ) -> RouteDrawing {
    RouteDrawing(
      names: names(deployment, settings), settings: settings, routing: routing,
      slots: slots.following(
        routing.shares, chosen: routing.match?.revision, staying: Set(staying.map(\.id))),
      versions: Dictionary(staying.map { ($0.id, $0.model.version) }) { $1 })
  }

  static func shares(_ weights: [(Revision, Int)]) -> [Plan.Share] {
    weights.map { Plan.Share(revision: $0.0.id, weight: PerMille($0.1)) }
  }
}
