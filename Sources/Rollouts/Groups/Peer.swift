/// What a member of a group is told of another one, at one look.
///
/// It is a value of the observation, as the readiness of a server is: so a decision that rests on it is made
/// again from the record alone, without the other member's ledger.
package struct Peer: Equatable, Sendable, Codable {
  package enum State: String, Equatable, Sendable, Codable, CaseIterable {
    /// Its manifest asks for what serves: nobody waits for it.
    case atRest
    /// Its manifest asks for a revision that it has not begun to try.
    case asked
    /// Its manifest cannot be followed now, or was not read yet: what it asks for is not known.
    case unclear
    case underWay
    /// Its manifest asks for a revision that failed.
    case failed
  }

  /// Within the namespace of both.
  package let name: String
  package let state: State
  /// The candidate while one is under way; otherwise what the manifest asks for.
  package let revision: RevisionName?
  /// The number of its rollout: how many candidates it has admitted.
  package let rollout: Int
  /// How far its candidate has come; nil without one.
  package let stage: Stage?
  /// The stage that it would enter if it were alone; nil when it would not go on.
  package let willing: Stage?
  /// The rollout of whoever is told, when this member ended its bake on the word that it would end, too.
  package let ended: Int?
  /// The number of its newest decision; nil before the first, or while one waits to be recorded.
  package let record: Int?

  package init(
    name: String, state: State, revision: RevisionName? = nil, rollout: Int = 0,
    stage: Stage? = nil, willing: Stage? = nil, ended: Int? = nil, record: Int? = nil
  ) {
    self.name = name
    self.state = state
    self.revision = revision
    self.rollout = rollout
    self.stage = stage
    self.willing = willing
    self.ended = ended
    self.record = record
  }

  /// Whether another member may enter a stage, as far as this one is concerned: it is there, or would be.
  func allows(_ next: Stage) -> Bool {
    switch state {
    case .atRest: true
    case .asked, .unclear, .failed: false
    case .underWay: [stage, willing].compactMap(\.self).contains { $0 >= next }
    }
  }
}

/// A group as a decision found it: whom it moves with, and where each of them was.
package struct GroupReport: Equatable, Sendable, Codable {
  package let name: String
  /// By name.
  package let peers: [Peer]

  package init(name: String, peers: [Peer]) {
    self.name = name
    self.peers = peers
  }
}

/// A member whose bake ended together with another's.
struct Companion: Equatable, Sendable, Codable {
  let name: String
  /// The number of its rollout then.
  let rollout: Int
}

/// What is known of a member beside its rollout, when another one is told of it.
package struct Outlook: Equatable, Sendable {
  /// What its manifest asks for.
  package let desired: Desired
  /// Whether its manifest cannot be followed now, or was not read yet.
  package let isUnclear: Bool
  /// Whether its runtime says anything: what was true at its last look may be so no more.
  package let isSeen: Bool
  /// The number of its newest decision.
  package let record: Int?

  package init(desired: Desired, isUnclear: Bool, isSeen: Bool, record: Int?) {
    self.desired = desired
    self.isUnclear = isUnclear
    self.isSeen = isSeen
    self.record = record
  }
}

extension Rollout {
  /// Returns what another member of its group is told of it.
  package func peer(toldTo other: DeploymentName, _ outlook: Outlook) -> Peer {
    let wanted = outlook.desired.deployment ?? deployment
    let state = state(asking: wanted?.revision, outlook)
    let isFollowed = wanted?.revision.id == candidate?.id && wanted?.suspended == false
    return Peer(
      name: name.name, state: state,
      revision: (state == .underWay ? candidate : wanted?.revision)?.name, rollout: number,
      stage: phase.stage,
      willing: state == .underWay && isFollowed && outlook.isSeen ? willing : nil,
      ended: companions?.first { $0.name == other.name }?.rollout, record: outlook.record)
  }

  private func state(asking revision: Revision?, _ outlook: Outlook) -> Peer.State {
    guard outlook.desired != .removed else { return .atRest }
    if phase == .retiring || phase == .retired {
      return outlook.desired.deployment == nil ? .atRest : .asked
    }
    guard let revision else { return outlook.isUnclear ? .unclear : .atRest }
    if hasFailed(revision) { return .failed }
    if candidate != nil { return .underWay }
    if revision.id != stable?.id { return .asked }
    return outlook.isUnclear ? .unclear : .atRest
  }

  /// Whether a revision that is asked for failed: it is not tried, or serves under an alert since it was the
  /// first and there was nothing to go back to.
  private func hasFailed(_ revision: Revision) -> Bool {
    if revision.id == candidate?.id { return false }
    if revision.id == stable?.id { return brokenFirst == revision.id }
    return rejection(of: revision) != nil && !isTriedAgain(revision)
  }
}

extension Desired {
  /// The deployment that is asked for; nil when nothing new is, or its removal.
  package var deployment: Deployment? {
    if case .deployment(let deployment) = self { deployment } else { nil }
  }
}
