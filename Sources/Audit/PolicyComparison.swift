import Ledger
package import Encoding
package import Rollouts
import Wording

/// What would have been decided under another manifest, on the looks that were recorded.
///
/// Both rollouts see the same looks, one after the other, until they decide differently: from there on
/// the traffic would have been another, and nobody knows what would have been counted.
package struct PolicyComparison: Sendable {
  /// One rollout that would have gone another way.
  package struct Divergence: Equatable, Sendable, Encodable {
    package let rollout: Int
    package let at: Instant
    package let recorded: Outcome
    package let other: Outcome
  }

  /// What was decided at one look: nothing, or where it led and why.
  package struct Outcome: Equatable, Sendable, Encodable {
    package let verdict: String
    package let to: String
    package let reason: String
  }

  private let other: Deployment
  /// The state that the records lead to, and the one under the other manifest while both agree.
  private var recorded: Rollout
  private var supposed: Rollout?
  /// The rollouts that were compared.
  package private(set) var rollouts: Set<Int> = []
  package private(set) var divergences: [Divergence] = []

  package init(with other: Deployment) {
    self.other = other
    recorded = Rollout(name: other.name)
  }

  /// Follows the next record of the deployment.
  ///
  /// - Parameters:
  ///   - json: What its decision is derived from.
  ///   - isCompared: Whether it is late enough to be compared.
  package mutating func follow(_ json: JSONValue, isCompared: Bool) {
    guard let replay = Replay(json: json) else { return }
    if let start = replay.start { (recorded, supposed) = (start, nil) }
    for look in (try? Replay.looks(replay.looks, after: recorded)) ?? [] {
      compare(look, isCompared: isCompared)
    }
    if let state = replay.state, state != recorded { (recorded, supposed) = (state, nil) }
  }

  private mutating func compare(_ look: Look, isCompared: Bool) {
    // Between rollouts both stand at the same place.
    if recorded.candidate == nil { supposed = isCompared ? recorded : nil }
    let decision = recorded.follow(look)
    guard var rollout = supposed else { return }
    let decided = rollout.follow(look.wanting(other))
    supposed = rollout
    guard isCompared, decision != nil || decided != nil else { return }
    rollouts.insert(recorded.number)
    let (first, second) = (Outcome(decision), Outcome(decided))
    guard first.verdict != second.verdict || first.to != second.to else { return }
    supposed = nil
    divergences.append(
      Divergence(
        rollout: max(recorded.number, rollout.number), at: look.at, recorded: first,
        other: second))
  }
}

extension PolicyComparison.Outcome {
  fileprivate init(_ decision: Decision?) {
    verdict = decision?.verdict.rawValue ?? "nothing"
    to = decision?.to.words ?? ""
    reason = decision?.sentence ?? ""
  }
}

extension Look {
  /// Returns the look, as if the other manifest had asked for that model.
  fileprivate func wanting(_ other: Deployment) -> Look {
    guard case .observation(let world) = self, case .deployment(let wanted) = world.desired else {
      return self
    }
    var deployment = other
    (deployment.runtime, deployment.revision) = (wanted.runtime, wanted.revision)
    deployment.suspended = wanted.suspended
    return .observation(
      Observation(
        now: world.now, desired: .deployment(deployment), readiness: world.readiness,
        crashes: world.crashes, generationInForce: world.generationInForce, told: world.counts,
        restrictions: world.restrictions, peers: other.group == nil ? [] : world.peers,
        engine: world.engine))
  }
}
