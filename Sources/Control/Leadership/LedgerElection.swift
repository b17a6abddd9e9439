package import Ledger
package import Logging
package import Rollouts

/// An election that needs nothing but the ledger: a controller that shows no life for a whole lease is
/// followed.
package actor LedgerElection: Election {
  private let store: any LedgerStore
  private let checkpoints: any Checkpoints
  private let clock: any WallClock
  private let lease: Duration
  /// Whether an operator vouches that no other controller is alive.
  private let takesOver: Bool
  private let logger: Logger
  /// The wait for another controller; nil when none is in charge.
  private var vigil: Vigil?
  /// The number of the last sign of life.
  private var signs = 0

  package init(
    store: any LedgerStore, checkpoints: any Checkpoints, clock: any WallClock, lease: Duration,
    takesOver: Bool, logger: Logger
  ) {
    self.store = store
    self.checkpoints = checkpoints
    self.clock = clock
    self.lease = lease
    self.takesOver = takesOver
    self.logger = logger
  }

  package func campaign(
    _ standing: Standing, asked began: Instant, hasClaimed: Bool
  ) async throws -> Candidacy {
    guard !takesOver, !hasClaimed, let owner = try await otherOwner(standing) else {
      vigil = nil
      return .free
    }
    let vigil = watch(
      owner, Vigil.Sign(branch: standing.obeyed, life: standing.life), since: began)
    return vigil.isOver
      ? .succeeding(owner: owner, quiet: vigil.lease) : .waiting(owner: owner)
  }

  /// Returns the epoch that the remote is in, when no claim of this state folder began it.
  func otherOwner(_ standing: Standing) async throws -> Epoch? {
    let published = try await store.publishedEpoch()
    guard let owner = standing.epoch ?? published else { return nil }
    let ours = try await checkpoints.claims() + checkpoints.lease()
    return ours.contains(owner.claim) ? nil : owner
  }

  private func watch(_ owner: Epoch, _ sign: Vigil.Sign, since began: Instant) -> Vigil {
    var next = Vigil(owner: owner, lease: lease, sign: sign, at: clock.now)
    if let old = vigil, old.owner.claim == owner.claim {
      next = old
      next.note(sign, asked: began, answered: clock.now)
      logger.sayProgress(from: old, to: next)
    } else {
      logger.sayWaiting(next)
    }
    vigil = next
    return next
  }

  package func showLife() async throws {
    // Not from the beginning with each life: the first sign must be another one than the last life's.
    signs = signs == 0 ? Int(clock.now.milliseconds / 1000) : signs + 1
    try await store.showLife(signs)
  }
}

extension Logger {
  fileprivate func sayWaiting(_ vigil: Vigil) {
    warning(
      "another controller is in charge: this one decides nothing until that one's lease is over",
      metadata: [
        "owner": "\(CommitMessage.line(vigil.owner.controller.instance))",
        "since": "\(vigil.owner.claimedAt.iso8601)", "until": "\(vigil.until.iso8601)",
        "if-it-is-dead": "serin run --take-over",
      ])
  }

  fileprivate func sayProgress(from vigil: Vigil, to next: Vigil) {
    let owner: Logger.Metadata = [
      "owner": "\(CommitMessage.line(next.owner.controller.instance))"
    ]
    if next.isOver, !vigil.isOver {
      warning("the other controller was silent for its whole lease: taking over", metadata: owner)
    } else if next.isAlive, !vigil.isAlive {
      warning(
        "the other controller is alive: waiting until it ends",
        metadata: owner.merging(["to-take-over": "end that one, then serin run --take-over"]) { $1 }
      )
    }
  }
}
