import Rollouts

/// The runtimes of one controller, by the names that the operator gave them.
///
/// Each is asked by itself. One that fails, or that is not configured any more, stops its own
/// deployments and no others.
package struct Runtimes: Sendable {
  /// One runtime, and who counts what its clients are answered.
  package struct Place: Sendable {
    let name: String
    let runtime: any Runtime
    let telemetry: any Telemetry

    package init(name: String, runtime: any Runtime, telemetry: any Telemetry) {
      self.name = name
      self.runtime = runtime
      self.telemetry = telemetry
    }
  }

  private let places: [Place]

  /// Creates the runtimes, in the operator's order; their names differ.
  package init(_ places: [Place]) {
    precondition(!places.isEmpty, "a controller needs a runtime")
    precondition(Set(places.map(\.name)).count == places.count, "two runtimes have one name")
    self.places = places
  }

  /// The names; the first is that of deployments that name none.
  package var names: [String] { places.map(\.name) }

  /// What there is of a runtime that deployments ask for.
  struct Unknown: Error, CustomStringConvertible {
    let name: String

    var description: String { "the runtime \(name) is not configured" }
  }

  /// Carries a plan out on the runtime of that name, or on the first.
  func apply(
    _ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName, on name: String?
  ) async throws {
    let name = name ?? places[0].name
    guard let place = places.first(where: { $0.name == name }) else { throw Unknown(name: name) }
    try await place.runtime.apply(plan, recordedAs: record, to: deployment)
  }

  /// Lets all runtimes rest.
  func rest() async { for place in places { await place.runtime.rest() } }

  /// Asks every runtime at once what is so; one that does not say is missing.
  func look(at now: Instant, _ failures: DeduplicatedErrors) async -> [String: Sighting] {
    await withTaskGroup(of: (String, Sighting?).self) { group in
      for place in places {
        group.addTask { (place.name, await place.look(at: now, failures)) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }
}

/// What one runtime said at one look.
struct Sighting: Sendable {
  let states: [DeploymentName: RuntimeState]
  /// nil when they could not be read, or are too old to be data.
  let counters: Counters?
  /// How far the counters are behind of whichever deployment is behind the most, when they could be read.
  let lag: Duration?
}

extension Runtimes.Place {
  fileprivate func look(at now: Instant, _ failures: DeduplicatedErrors) async -> Sighting? {
    let states = await failures.run("observe the runtime \(name)") {
      try await runtime.observe()
    }
    guard let states else { return nil }
    let counters = await failures.run("read the counters of the runtime \(name)") {
      try await telemetry.counters().notAfter(now)
    }
    guard let counters else { return Sighting(states: states, counters: nil, lag: nil) }
    let fresh = await failures.run("use the counters of the runtime \(name)") {
      guard counters.lag(at: now) <= Counters.longestLag else { throw Stale() }
      return counters
    }
    return Sighting(states: states, counters: fresh, lag: counters.largestLag(at: now))
  }

  private struct Stale: Error, CustomStringConvertible {
    let description = "they are behind by more than \(Counters.longestLag.components.seconds) s"
  }
}
