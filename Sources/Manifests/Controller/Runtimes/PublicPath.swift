package import Rollouts

/// Where clients find the deployments of a runtime, as its operator wants it: `/ml/{namespace}/{name}`.
///
/// A hole is a whole part of the path, so that all paths have as many parts, and none is another one's or lies below it.
package struct PublicPath: Equatable, Sendable {
  private let template: Template

  init(_ template: Template) {
    precondition(template.has(.name), "without a name all deployments have one path")
    self.template = template
  }

  /// Whether deployments of one name have different paths in different namespaces.
  var tellsNamespaces: Bool { template.has(.namespace) }

  /// Returns the path of a deployment, without a slash at its end.
  package func text(of deployment: DeploymentName) -> String {
    template.filled { $0 == .name ? deployment.name : deployment.namespace }
  }

  /// Returns the path where nobody has chosen one: as on one machine, where only the default namespace is left out.
  package static func usual(of deployment: DeploymentName) -> String {
    let isDefault = deployment.namespace == DeploymentName.defaultNamespace
    return (isDefault ? "" : "/\(deployment.namespace)") + "/v2/models/\(deployment.name)"
  }
}
