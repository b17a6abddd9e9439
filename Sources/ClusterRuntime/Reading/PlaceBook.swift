package import Rollouts

/// What a gateway counts under one name, whose it is, and since when.
///
/// Envoy Gateway names what it counts by the place of a backend in its route, so that a place has had several revisions.
package struct CountedPlace: Hashable, Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// "httproute/models/fraud/rule/0/backend/1".
  package let cluster: String
  package let since: Instant
}

/// Which revision has had each place, since when it was seen there.
struct PlaceBook: Sendable {
  private var places: [DeploymentName: [String: (revision: Revision.ID, since: Instant)]] = [:]

  /// Notes who is where now.
  mutating func note(
    _ now: [String: Revision.ID], of deployment: DeploymentName, at time: Instant
  ) {
    let before = places[deployment] ?? [:]
    places[deployment] = now.reduce(into: [:]) { all, item in
      let known = before[item.key].flatMap { $0.revision == item.value ? $0.since : nil }
      all[item.key] = (item.value, known ?? time)
    }
  }

  var all: [CountedPlace] {
    places.flatMap { deployment, places in
      places.map {
        CountedPlace(
          deployment: deployment, revision: $0.value.revision, cluster: $0.key,
          since: $0.value.since)
      }
    }
  }
}
