package import Foundation

/// One process's part in the question of which of several leads.
///
/// A holder that is not heard of for as long as the lease says has lost it. That is measured by this machine's own
/// clock, from when the lease was seen to change: the holder's clock may be wrong. Two may both think that they
/// lead for a moment, when one of them hangs: the ledger's epoch keeps them from both deciding.
package actor LeaseLock {
  private let client: KubernetesClient
  private let name: ObjectName
  private let identity: String
  private let duration: Duration
  /// The lease as it was seen last, and since when it has not changed.
  private var seen: (lease: Lease, since: ContinuousClock.Instant)?
  /// Whether nobody held it when this process took it last.
  package private(set) var wasGivenUp = false

  /// Creates the value; no other process has this `identity`.
  ///
  /// `duration` is how long the holder may be silent: whole seconds, one or more.
  package init(
    _ client: KubernetesClient, _ name: ObjectName, identity: String,
    duration: Duration = .seconds(15)
  ) {
    precondition(duration >= .seconds(1))
    self.client = client
    self.name = name
    self.identity = identity
    self.duration = duration
  }

  /// Takes or renews the lease if it may; returns whether this process holds it now.
  ///
  /// Call it three times in each duration or more often.
  ///
  /// - Throws: `KubernetesError`: whether it is held is not known then, and is no more after the duration.
  ///
  /// `now` is what tests say instead of the clock.
  package func hold(
    at now: ContinuousClock.Instant? = nil, date: Date
  ) async throws -> Bool {
    do {
      guard let lease = try await read(at: now) else {
        keep(try await client.create(lease: fresh(date), name, within: patience), now)
        return true
      }
      guard isMine(lease) || mayBeTaken(lease, at: now ?? .now) else { return false }
      if !isMine(lease) { wasGivenUp = lease.holder == nil }
      keep(try await client.change(lease: held(lease, date), name, within: patience), now)
      return true
    } catch let error as KubernetesError where [.stale, .alreadyExists].contains(error.kind) {
      // Another one was faster.
      return false
    }
  }

  /// Those who held the lease before, and have lost it: the last of them, oldest first.
  package var predecessors: [String] {
    (seen?.lease.holders ?? []).filter { $0 != seen?.lease.holder }
  }

  /// Gives the lease up at once, so that the next one need not wait.
  package func release(date: Date) async throws {
    guard let lease = try await read(at: nil), isMine(lease) else { return }
    var free = held(lease, date)
    free.spec?.holderIdentity = nil
    free.spec?.leaseDurationSeconds = 1
    seen = nil
    _ = try await client.change(lease: free, name, within: patience)
  }

  /// Who holds the lease, as far as is known.
  package var holder: String? { seen?.lease.holder }

  private func isMine(_ lease: Lease) -> Bool { lease.holder == identity }

  private func mayBeTaken(_ lease: Lease, at now: ContinuousClock.Instant) -> Bool {
    guard lease.holder != nil, let seen else { return true }
    let promised = lease.spec?.leaseDurationSeconds.map { Duration.seconds($0) } ?? duration
    return now - seen.since >= promised
  }

  /// An answer is waited for a third of the duration at most.
  private var patience: Duration { min(.seconds(5), duration / 3) }

  private func read(at now: ContinuousClock.Instant?) async throws -> Lease? {
    do {
      let lease = try await client.lease(name, within: patience)
      if seen?.lease != lease { keep(lease, now) }
      return lease
    } catch let error as KubernetesError where error.kind == .notFound {
      seen = nil
      return nil
    }
  }

  /// Notes what was answered, as of the answer: it may have changed until then.
  private func keep(_ lease: Lease, _ now: ContinuousClock.Instant?) { seen = (lease, now ?? .now) }

  private func fresh(_ date: Date) -> Lease {
    let time = MicroTime.text(date)
    return Lease(
      ObjectMeta(
        name: name.name, namespace: name.namespace,
        annotations: [Lease.holdersKey: identity]),
      Lease.Spec(
        holderIdentity: identity, leaseDurationSeconds: Int(duration.components.seconds),
        acquireTime: time, renewTime: time, leaseTransitions: 0))
  }

  private func held(_ lease: Lease, _ date: Date) -> Lease {
    var next = lease
    var spec = fresh(date).spec
    let before = lease.spec
    if isMine(lease) {
      spec?.acquireTime = before?.acquireTime
      spec?.leaseTransitions = before?.leaseTransitions
    } else {
      spec?.leaseTransitions = (before?.leaseTransitions ?? 0) &+ 1
    }
    next.spec = spec
    next.metadata.annotations = [Lease.holdersKey: lease.holders(with: identity)]
    return next
  }
}

// A lease that is asked for again and again needs no other attempts, and waits behind nothing.
extension KubernetesClient {
  fileprivate func lease(_ name: ObjectName, within limit: Duration) async throws -> Lease {
    try await decode(Self.now(Call("GET", .leases, name), limit))
  }

  fileprivate func create(
    lease: Lease, _ name: ObjectName, within limit: Duration
  ) async throws -> Lease {
    var call = Self.now(Call("POST", .leases, name.namespace), limit)
    call.content = Self.content(lease.json)
    return try await decode(call)
  }

  /// Changes what Serin knows of a lease, if it is still the one that was read: somebody's labels stay.
  fileprivate func change(
    lease: Lease, _ name: ObjectName, within limit: Duration
  ) async throws -> Lease {
    var call = Self.now(Call("PATCH", .leases, name), limit)
    call.content = Self.content(lease.json, "application/merge-patch+json")
    return try await decode(call)
  }

  private static func now(_ call: Call, _ limit: Duration) -> Call {
    var call = call
    (call.isUrgent, call.isRepeated, call.timeout) = (true, false, limit)
    return call
  }
}
