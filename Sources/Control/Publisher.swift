package import Ledger
package import Logging
package import Rollouts

/// Pushes decisions behind the controller's back: nothing but the permission to advance ever waits.
package actor Publisher {
  private let store: any LedgerStore
  private let clock: any WallClock
  private let maxLag: Duration
  private let logger: Logger
  private let complaints: Complaints
  /// When each decision was committed that is not published yet, oldest first.
  private var unpublished: [Instant] = []
  private var isSynchronized = false
  /// Whether the remote branch was brought in and not yet taken over.
  package private(set) var hasNews = false
  private var isStopped = false

  package init(store: any LedgerStore, clock: any WallClock, maxLag: Duration, logger: Logger) {
    self.store = store
    self.clock = clock
    self.maxLag = maxLag
    self.logger = logger
    complaints = Complaints(logger: logger)
  }

  /// Notes that a decision was committed and is not published yet.
  package func note(_ moment: Instant) { unpublished.append(moment) }

  /// Whether risk may grow: the remote was seen once, and no decision waits too long.
  package var mayAdvance: Bool {
    guard isSynchronized, !hasNews else { return false }
    return unpublished.first.map { clock.now.since($0) <= maxLag } ?? true
  }

  /// Whether nothing waits to be published.
  package var isPublished: Bool { unpublished.isEmpty }

  /// Whether the remote was reached since the start.
  package var hasReachedRemote: Bool { isSynchronized }

  /// Notes that what the remote branch brought was taken over; nothing is admitted before.
  package func newsTaken() { hasNews = false }

  /// Brings in the remote branch until that has worked once.
  package func synchronize() async {
    guard !isSynchronized else { return }
    let done: Void? = await complaints.run("reach the ledger's repository") {
      try await self.store.synchronize()
    }
    guard done != nil else { return }
    (isSynchronized, hasNews) = (true, true)
    // An earlier life may have left decisions that it could not publish.
    note(clock.now)
  }

  /// Pushes what waits.
  ///
  /// What is committed while the push is under way waits for the next one.
  package func publish() async {
    let waiting = unpublished.count
    guard isSynchronized, !isStopped, waiting > 0 else { return }
    let outcome = await complaints.run("publish decisions") { try await self.push() }
    switch outcome {
    case nil, .refused: return
    case .nothingToPublish: unpublished.removeFirst(waiting)
    case .published(let commits):
      logger.debug("published", metadata: ["commits": "\(commits)"])
      unpublished.removeFirst(waiting)
    case .diverged(let remote):
      isStopped = true
      logger.error(
        "the ledger's branch was changed by somebody else: decisions are no longer published",
        metadata: ["remote": "\(remote)"])
    }
  }

  private func push() async throws -> Publication {
    let outcome = try await store.publish()
    guard case .refused(let why) = outcome else { return outcome }
    throw Refusal(description: "the remote refused them: \(why)")
  }

  private struct Refusal: Error, CustomStringConvertible { let description: String }
}
