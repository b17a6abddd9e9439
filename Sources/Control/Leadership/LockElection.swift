package import Ledger
package import Logging
package import Rollouts
import Threads

/// An election by a lock: who holds it leads within seconds.
///
/// The lock says that its earlier holders lead no more. It says nothing of a controller that never held it, such
/// as one in another cluster: then the ledger's own election decides, among those who hold the lock.
package actor LockElection: Election {
  /// The lengths of time of a lock.
  package struct Pace: Sendable {
    /// How long a holder believes that it holds the lock; shorter than others wait for it.
    let believed: Duration
    /// The time between two attempts.
    let pause: Duration

    /// Creates the pace of a lock that is free when it was not renewed for `length`: two thirds of it are believed, and
    /// there are five attempts in those.
    package init(length: Duration) {
      believed = length * 2 / 3
      pause = believed / 5
    }
  }

  private let lock: any LeaderLock
  private let ledger: LedgerElection
  private let clock: any WallClock
  private let pace: Pace
  private let failures: DeduplicatedErrors
  private let logger: Logger
  /// What the lock said last, and when it was asked.
  private var said: (hold: LockHold, at: Instant)?
  private var isOver = false
  /// Two attempts at once would take each other for somebody else's.
  private let turn = AsyncMutex()

  package init(
    lock: any LeaderLock, ledger: LedgerElection, clock: any WallClock, pace: Pace, logger: Logger
  ) {
    self.lock = lock
    self.ledger = ledger
    self.clock = clock
    self.pace = pace
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
  }

  package nonisolated var hasStandbys: Bool { true }

  /// Whether the lock was this controller's a short time ago, so that no other can have it.
  package var isInForce: Bool {
    guard !isOver, let said, said.hold.isHeld else { return false }
    // A clock that was set back says nothing.
    return (.zero...pace.believed).contains(clock.now.since(said.at))
  }

  package func campaign(
    _ standing: Standing, asked began: Instant, hasClaimed: Bool
  ) async throws -> Candidacy {
    if !isInForce { try await ask() }
    let owner = try await ledger.otherOwner(standing)
    guard isInForce, let said else { return .waiting(owner: owner) }
    guard !hasClaimed, let owner, said.hold.predecessors.contains(owner.life) else {
      return try await ledger.campaign(standing, asked: began, hasClaimed: hasClaimed)
    }
    // What a holder was permitted last may take a moment to have its effect.
    return .succeeding(owner: owner, quiet: said.hold.wasGivenUp ? nil : .zero)
  }

  private func ask() async throws { try await turn.withLock { try await askInTurn() } }

  private func askInTurn() async throws {
    guard !isOver else { return }
    let (before, began) = (said?.hold.isHeld, clock.now)
    let hold = try await lock.hold()
    said = (hold, began)
    guard before != hold.isHeld, !isOver else { return }
    logger.info(
      hold.isHeld ? "this controller holds the lock" : "another controller holds the lock")
  }

  package func takePart() async {
    while !Task.isCancelled, !isOver {
      await failures.run("ask for the lock of the leader") { try await self.ask() }
      guard (try? await clock.sleep(for: pace.pause)) != nil else { return }
    }
  }

  package func showLife() async throws { try await ledger.showLife() }

  package func resign() async {
    isOver = true
    guard said != nil else { return }
    await failures.run("give up the lock of the leader") {
      try await self.turn.withLock { try await self.lock.release() }
    }
  }
}
