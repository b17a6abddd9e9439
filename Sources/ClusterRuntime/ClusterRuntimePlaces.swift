import Control
import Delivery
import Kubernetes
import Manifests
import Rollouts

// What a gateway counts, by the names that Envoy Gateway gives it.
extension ClusterRuntime {
  /// Every place that has a revision now, but for those where somebody else has changed something.
  package var countedPlaces: [CountedPlace] {
    places.all.filter { !altered.contains($0.deployment) }
  }

  /// Notes who is where when everything has been read: whose copies a route sends is known by the names of the servers.
  func openPlaces() {
    for deployment in cache.deployments { notePlaces(of: deployment) }
    places.open(at: clock.now)
  }

  func notePlaces(of deployment: DeploymentName) {
    guard let reading = route(of: deployment) else {
      return places.note([:], of: deployment, at: clock.now)
    }
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
    places.note(now, of: deployment, at: clock.now)
  }
}
