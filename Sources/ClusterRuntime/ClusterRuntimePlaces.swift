import Control
import Delivery
import Kubernetes
import Manifests
package import Prometheus
import Rollouts

// What is counted apart, by the names that who counts has for it.
extension ClusterRuntime {
  /// Every place that has a revision now, but for those where somebody else has changed something.
  package var countedPlaces: [CountedPlace] {
    places.all.filter { !altered.contains($0.deployment) }
  }

  /// What is to be counted of them; made when one of them has changed, since it is asked for every moment.
  package var countedSubjects: [CountSubject] {
    if let counted { return counted }
    let subjects = countedPlaces.sorted { $0.name < $1.name }.map {
      CountSubject(
        deployment: $0.deployment, revision: $0.revision, labels: subject.labels(of: $0.name),
        since: $0.since)
    }
    counted = subjects
    return subjects
  }

  /// Notes whether an object of the deployment is as somebody else wants it.
  func note(altered isAltered: Bool, _ deployment: DeploymentName) {
    guard altered.contains(deployment) != isAltered else { return }
    if isAltered { altered.insert(deployment) } else { altered.remove(deployment) }
    counted = nil
  }

  /// Notes who is where when everything has been read: whose copies a route sends is known by the names of the servers.
  func openPlaces() {
    for deployment in cache.deployments { notePlaces(of: deployment) }
    places.open(at: clock.now)
    counted = nil
  }

  func notePlaces(of deployment: DeploymentName) {
    if places.note(placesNow(of: deployment), of: deployment, at: clock.now) { counted = nil }
  }

  private var subject: MetricSubject { setup.settings.countedSubject }

  private func placesNow(of deployment: DeploymentName) -> [String: Revision.ID] {
    switch subject {
    case .backend: backends(of: deployment)
    case .service: services(of: deployment)
    case .pod: pods(of: deployment)
    }
  }

  private func services(of deployment: DeploymentName) -> [String: Revision.ID] {
    let names = setup.names(of: deployment)
    return servers(of: deployment).keys.reduce(into: [:]) { places, revision in
      places["\(names.namespace)/\(names.service(revision, of: setup.settings.server))"] = revision
    }
  }

  /// Pods of revisions that are in the cluster: another one may have any label.
  ///
  /// Of more than are believed none are counted: the rest would be missing.
  private func pods(of deployment: DeploymentName) -> [String: Revision.ID] {
    let known = servers(of: deployment)
    let pods = cache.objects(.pods, of: deployment).filter {
      !PodReading($0).isOver && $0.revision.map { known[$0] != nil } ?? false
    }
    guard pods.count <= Self.mostPods else { return [:] }
    return pods.reduce(into: [:]) { $0["\($1.objectName)"] = $1.revision }
  }

  /// As many pods as one deployment has counted.
  private static let mostPods = 256

  private func backends(of deployment: DeploymentName) -> [String: Revision.ID] {
    guard let reading = route(of: deployment) else { return [:] }
    let prefix = "httproute/\(setup.names(of: deployment).route)/rule"
    let paths = setup.settings.inferencePaths.count
    let chosen = setup.settings.rulesOfAnyone
    let routing = routing(of: deployment)
    var rules = Array(0..<paths)
    if routing?.match != nil { rules += chosen..<(chosen + paths) }
    var now: [String: Revision.ID] = [:]
    for rule in rules {
      for (place, slot) in reading.slots.slots.enumerated() {
        now["\(prefix)/\(rule)/backend/\(place)"] = slot.revision
      }
    }
    if let mirror = routing?.mirror {
      for rule in 0..<paths { now["\(prefix)/\(rule)-mirror-0"] = mirror.revision }
    }
    return now
  }
}

extension MetricSubject {
  /// The labels of the series of a place; that of an object is "NAMESPACE/NAME".
  fileprivate func labels(of place: String) -> [String: String] {
    switch self {
    case .backend: return ["envoy_cluster_name": place]
    case .service(let labels), .pod(let labels):
      let parts = place.split(separator: "/", maxSplits: 1).map(String.init)
      return [labels.namespace: parts[0], labels.name: parts[1]]
    }
  }
}
