import Analysis
import Manifests
package import Rollouts

/// One thing that a rollout was told: an observation, or that nobody had looked for a while.
package enum Look: Equatable, Sendable {
  case observation(Observation)
  case wake(Instant)
}

/// Writes looks one after the other, each with what changed since the one before.
///
/// A look is a JSON object: `at`, and what differs: `desired`, `readiness`, `inForce` (-1 for none),
/// `mayAdvance`; `counts` of this look alone, by revision, or null when they could not be read.
struct LookWriter: Equatable, Sendable {
  private var last: Observation

  /// Begins after a state, whose manifest goes on to be wanted.
  init(after rollout: Rollout) {
    last = Observation(
      now: Instant(milliseconds: 0),
      desired: rollout.deployment.map { .deployment($0) } ?? .unchanged)
  }

  mutating func write(_ look: Look) -> JSONValue {
    switch look {
    case .wake(let now): return ["at": .int(now.milliseconds), "wake": true]
    case .observation(let world):
      defer { last = world }
      return write(world)
    }
  }

  private func write(_ world: Observation) -> JSONValue {
    var members: [String: JSONValue] = ["at": .int(world.now.milliseconds)]
    if world.desired != last.desired { members["desired"] = world.desired.json }
    if world.readiness != last.readiness {
      members["readiness"] = .object(
        Dictionary(
          uniqueKeysWithValues: world.readiness.map { ($0.key.description, $0.value.json) }))
    }
    if world.generationInForce != last.generationInForce {
      members["inForce"] = .number(world.generationInForce ?? -1)
    }
    if world.mayAdvance != last.mayAdvance { members["mayAdvance"] = .bool(world.mayAdvance) }
    if let counts = world.counts {
      let all = counts.map { ($0.key.description, $0.value.json) }
      if !all.isEmpty { members["counts"] = .object(Dictionary(uniqueKeysWithValues: all)) }
    } else {
      members["counts"] = .null
    }
    return .object(members)
  }
}

/// Reads what a `LookWriter` wrote.
struct LookReader {
  private var last: Observation

  init(after rollout: Rollout) {
    last = Observation(
      now: Instant(milliseconds: 0),
      desired: rollout.deployment.map { .deployment($0) } ?? .unchanged)
  }

  /// - Returns: nil when the value is no look.
  mutating func read(_ value: JSONValue) -> Look? {
    guard case .object(let members) = value, case .int(let at)? = members["at"] else { return nil }
    let now = Instant(milliseconds: at)
    if members["wake"] == true { return members.count == 2 ? .wake(now) : nil }
    guard let world = observation(members, at: now) else { return nil }
    last = world
    return .observation(world)
  }

  private func observation(_ members: [String: JSONValue], at now: Instant) -> Observation? {
    let known: Set = ["at", "desired", "readiness", "inForce", "mayAdvance", "counts"]
    guard known.isSuperset(of: members.keys),
      let desired = members["desired"].map(Desired.init(json:)) ?? last.desired,
      let readiness = members["readiness"].map(readiness) ?? last.readiness,
      let inForce = members["inForce"].map(\.integer) ?? last.generationInForce ?? -1,
      let mayAdvance = members["mayAdvance"].map(\.boolean) ?? last.mayAdvance,
      let counts = counts(members["counts"])
    else { return nil }
    return Observation(
      now: now, desired: desired, readiness: readiness,
      generationInForce: inForce < 0 ? nil : inForce, counts: counts, mayAdvance: mayAdvance)
  }

  /// - Returns: nil when the value is no counts, and nil inside when they could not be read.
  private func counts(_ value: JSONValue?) -> [Revision.ID: Counts]?? {
    guard let value else { return .some([:]) }
    guard value != .null else { return .some(nil) }
    guard case .object(let members) = value else { return nil }
    var all: [Revision.ID: Counts] = [:]
    for (id, value) in members {
      guard let counts = Counts(json: value) else { return nil }
      all[Revision.ID(id)] = counts
    }
    return all
  }

  private func readiness(_ value: JSONValue) -> [Revision.ID: Readiness]? {
    guard case .object(let members) = value else { return nil }
    var all: [Revision.ID: Readiness] = [:]
    for (id, value) in members {
      guard let readiness = Readiness(json: value) else { return nil }
      all[Revision.ID(id)] = readiness
    }
    return all
  }
}
