import Kubernetes
import Manifests
import Rollouts

/// What the objects of one deployment say.
struct DeploymentReading {
  let servers: [Revision.ID: ServerReading]
  /// nil while there is none, or it is on its way out.
  let route: RouteReading?

  /// Reads the objects; `type` is that of the servers.
  init(
    _ deployment: DeploymentName, in cache: ClusterCache, servers type: ResourceType,
    _ setup: ClusterRuntimeSetup
  ) {
    let pods = Dictionary(grouping: cache.objects(.pods, of: deployment)) { $0.revision }
    servers = cache.objects(type, of: deployment).reduce(into: [:]) { all, entry in
      guard let revision = entry.revision else { return }
      all[revision] = ServerReading(
        server: entry, pods: pods[revision] ?? [], kind: setup.settings.server,
        scaling: setup.settings.scaling)
    }
    route = cache.route(of: deployment, setup).map {
      RouteReading(entry: $0, settings: setup.settings)
    }
  }
}

extension ClusterCache {
  /// The route of a deployment; nil while there is none, or it is on its way out.
  func route(of deployment: DeploymentName, _ setup: ClusterRuntimeSetup) -> ClusterEntry? {
    let entry = self[.httpRoutes, setup.names(of: deployment).route]
    return entry?.deployment == deployment && entry?.isGoing == false ? entry : nil
  }
}
