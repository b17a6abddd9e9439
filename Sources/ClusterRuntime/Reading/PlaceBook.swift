package import Rollouts

/// What is counted under one name, whose it is, and since when.
///
/// Envoy Gateway names what it counts by the place of a backend in its route, so that a place has had several revisions. A
/// Service and a pod are of one revision for as long as they are there.
package struct CountedPlace: Hashable, Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// "httproute/models/fraud/rule/0/backend/1", or "NAMESPACE/NAME" of a Service or a pod.
  package let name: String
  /// Since when no other revision was there; nil when an earlier life of this controller gave it the place.
  package let since: Instant?
}

/// Which revision has had each place, and since when no other had it.
///
/// A place is given when its route is written, and the gateway learns of it later, so that a revision is counted from
/// when the one before it left: what is answered in between is its own.
struct PlaceBook: Sendable {
  /// Who is in a place; no revision where it is empty.
  private struct Tenancy: Equatable {
    var revision: Revision.ID?
    let since: Instant?
  }

  private var places: [DeploymentName: [String: Tenancy]] = [:]
  /// When the routes were read first: places that came later were empty until then.
  private var opening: Instant?

  /// So long after its revision left a place is remembered: longer than any answer of Prometheus reaches back.
  private static let memory = Duration.seconds(2 * 3600)

  /// Notes that all routes were read which were there when this life began.
  mutating func open(at time: Instant) { opening = opening ?? time }

  /// Notes who is where now; returns whether that is news.
  @discardableResult
  mutating func note(
    _ now: [String: Revision.ID], of deployment: DeploymentName, at time: Instant
  ) -> Bool {
    let before = places[deployment] ?? [:]
    var book = before
    for name in Set(book.keys).union(now.keys) {
      let (known, revision) = (book[name], now[name])
      if let known, known.revision == revision { continue }
      let isEmpty = known.map { $0.revision == nil } ?? true
      book[name] = Tenancy(
        revision: revision, since: isEmpty ? known?.since ?? opening : time)
    }
    let limit = time.advanced(by: Self.memory * -1)
    book = book.filter { _, tenancy in
      tenancy.revision != nil || tenancy.since.map { $0 > limit } ?? false
    }
    places[deployment] = book.isEmpty ? nil : book
    return book != before
  }

  var all: [CountedPlace] {
    places.flatMap { deployment, book in
      book.compactMap { name, tenancy in
        tenancy.revision.map {
          CountedPlace(
            deployment: deployment, revision: $0, name: name, since: tenancy.since)
        }
      }
    }
  }
}
