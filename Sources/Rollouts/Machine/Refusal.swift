// What the manifest asks for although it was rejected: what becomes of it, and how it is told.

/// What the manifest asks for, and why that is not tried.
package struct Wanted: Equatable, Sendable, Codable {
  package let version: String
  package let revision: Revision.ID
  /// Nil when it serves, is tried, or waits only.
  package let rejected: Rejected?

  package struct Rejected: Equatable, Sendable, Codable {
    package let at: Instant
    package let reason: Reason
    package let detail: Detail?

    package init(at: Instant, reason: Reason, detail: Detail?) {
      self.at = at
      self.reason = reason
      self.detail = detail
    }
  }

  package init(version: String, revision: Revision.ID, rejected: Rejected?) {
    self.version = version
    self.revision = revision
    self.rejected = rejected
  }
}

/// What becomes of a rejected revision when nothing serves and the manifest asks for nothing else.
package enum WhenNothingServes: String, Equatable, Sendable, Codable {
  /// One that was stable once is tried again; any other is an alert.
  case tryRejected
  case alert
}

extension Rollout {
  /// What the manifest asks for now; nil when there is none, or it is gone.
  package var wanted: Wanted? {
    guard phase != .retiring, phase != .retired, let revision = deployment?.revision else {
      return nil
    }
    let isFollowed = revision.id == candidate?.id || revision.id == stable?.id
    let rejection = isFollowed ? nil : rejection(of: revision)
    return Wanted(
      version: revision.model.version, revision: revision.id,
      rejected: rejection.map { .init(at: $0.at, reason: $0.reason, detail: $0.detail) })
  }

  /// Whether a rejected revision is tried all the same: it was stable once, and nothing else serves.
  ///
  /// One that then fails again has lost that right, so it is never tried in a circle.
  func isTriedAgain(_ revision: Revision) -> Bool {
    phase == .idle && proven.contains(revision.id)
      && deployment?.whenNothingServes == .tryRejected
  }

  /// Says once that what the manifest asks for is not tried, and how it would be.
  ///
  /// While something serves the rollout only stands still. When nothing does, clients are refused, and
  /// that is an alert.
  mutating func refuse(
    _ wanted: Revision, _ rejection: Rejection, _ world: Observation
  ) -> Decision? {
    guard refused != wanted.id, deployment?.suspended == false else { return nil }
    if phase == .idle {
      let reason = Reason.refused(rejectedFor: rejection.reason, serving: nil)
      return decide(.alert, reason, detail: rejection.detail, about: wanted, world) { rollout in
        rollout.refused = wanted.id
        rollout.alert = Alert(reason: reason, detail: rejection.detail, since: world.now)
      }
    }
    guard phase == .healthy, let stable else { return nil }
    let reason = Reason.refused(rejectedFor: rejection.reason, serving: stable.name)
    return decide(.hold, reason, detail: rejection.detail, about: wanted, world) {
      $0.refused = wanted.id
    }
  }

  /// Says once that the manifest no longer asks for what was refused.
  mutating func endRefusal(_ world: Observation) -> Decision? {
    guard refused != nil || holds.contains(.group), phase == .healthy,
      deployment?.suspended == false, let stable
    else { return nil }
    return decide(.resume, .stableAskedForAgain, about: stable, world) { rollout in
      rollout.refused = nil
      rollout.holds.remove(.group)
    }
  }

  /// Makes the candidate stable at the end of its bake: from now on it has been stable once.
  mutating func becomeProven() {
    becomeStable()
    if let stable { prove(stable.id) }
  }

  /// Remembers that a revision served as was promised, whatever was found before.
  mutating func prove(_ id: Revision.ID) {
    rejected.removeAll { $0.revision.id == id }
    if brokenFirst == id { brokenFirst = nil }
    notProven(id)
    proven.append(id)
    proven.removeFirst(max(0, proven.count - Self.provenKept))
  }

  /// Forgets that a revision was stable once.
  mutating func notProven(_ id: Revision.ID) { proven.removeAll { $0 == id } }

  /// Remembers the candidate's failed verdict, which is final.
  mutating func rejectCandidate(_ reason: Reason, _ detail: Detail?, at now: Instant) {
    guard let candidate else { return }
    rejected.append(
      Rejection(revision: candidate, reason: reason, detail: detail, at: now))
    rejected.removeFirst(max(0, rejected.count - Self.rejectionsKept))
    // Where something serves on, this decision says all there is to say; else there is an alert to come.
    if stable == nil {
      notProven(candidate.id)
    } else if contest == nil || candidate.id == deployment?.revision.id {
      refused = candidate.id
    }
  }
}
