import Control
import Delivery
import Kubernetes
import Manifests
package import Prometheus
import Rollouts

// What a gateway counts, by the names that Envoy Gateway gives it.
extension ClusterRuntime {
  /// Every place that has a revision now, but for those where somebody else has changed something.
  package var countedPlaces: [CountedPlace] {
    places.all.filter { !altered.contains($0.deployment) }
  }

  /// What is to be counted of them; made when one of them has changed, since it is asked for every moment.
  package var countedSubjects: [CountSubject] {
    if let counted { return counted }
    let subjects = countedPlaces.sorted { $0.cluster < $1.cluster }.map {
      CountSubject(
        deployment: $0.deployment, revision: $0.revision,
        labels: ["envoy_cluster_name": $0.cluster], since: $0.since)
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

  private func placesNow(of deployment: DeploymentName) -> [String: Revision.ID] {
    guard let reading = route(of: deployment) else { return [:] }
    let prefix = "httproute/\(setup.names(of: deployment).route)/rule"
    let paths = setup.settings.inferencePaths.count
    let routing = routing(of: deployment)
    var rules = Array(0..<paths)
    if routing?.match != nil { rules += (paths + 1)..<(2 * paths + 1) }
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
