package import Ledger
package import Rollouts

/// Carries out an operator's word on which history is the ledger.
///
/// It is a life of a controller that does nothing else: it takes the history, claims an epoch on top of
/// it, records the adoption, and pushes both. Whoever is still in charge is fenced by that.
package struct Adopter: Sendable {
  private let store: any AdoptingStore
  private let checkpoints: any Checkpoints
  private let identity: ControllerIdentity

  package init(
    store: any AdoptingStore, checkpoints: any Checkpoints, identity: ControllerIdentity
  ) {
    self.store = store
    self.checkpoints = checkpoints
    self.identity = identity
  }

  /// Returns the record of the adoption, or nil when there was nothing to choose between.
  ///
  /// Interrupted anywhere, it leaves a ledger that a controller goes on with.
  package func adopt(
    _ side: Adoption.Side, because reason: String, at now: Instant
  ) async throws -> (record: Adoption, publication: Publication)? {
    try await store.verify()
    let epoch = try await store.publishedEpoch()?.controller.epoch ?? 0
    let branch = LedgerPaths.recoveryBranch(of: store.branch, epoch: epoch)
    guard let taken = try await store.take(side, keepingAt: branch) else { return nil }
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    var head = try await reader.resume().head
    let claim = try head.claim(by: identity, at: now)
    if let epoch = head.end.epoch {
      try await checkpoints.noteLease(
        of: epoch, after: store.publishedEpoch()?.claim, isVouched: false)
    }
    _ = try await store.commit(claim)
    let (record, change) = try head.adopt(taken, because: reason, by: identity, at: now)
    _ = try await store.commit(change)
    return (record, try await store.publish())
  }
}

extension Checkpoints {
  /// Remembers a claim, and that nobody else can be in charge, when it is so; call it before the claim is
  /// made.
  ///
  /// The claims of earlier lives that were not published yet stay: the next push may publish one of
  /// them, and it is ours as well.
  ///
  /// - Parameters:
  ///   - epoch: The epoch that is claimed.
  ///   - before: The one that the remote is known to be in.
  ///   - isVouched: Whether an operator vouches for it.
  /// - Throws: What the checkpoints throw.
  package func noteLease(
    of epoch: Epoch, after before: Claim?, isVouched: Bool
  ) async throws {
    try await setClaims(claims().suffix(15) + [epoch.claim])
    let lease = try await lease()
    if let start = before.map({ lease.firstIndex(of: $0) }) ?? lease.startIndex {
      try await setLease(lease[start...] + [epoch.claim])
    } else if isVouched {
      try await setLease([before, epoch.claim].compactMap(\.self))
    }
  }
}
