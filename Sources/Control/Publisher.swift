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
  private var oldestUnpublished: Instant?
  private var isSynchronized = false
  private var isStopped = false

  package init(store: any LedgerStore, clock: any WallClock, maxLag: Duration, logger: Logger) {
    self.store = store
    self.clock = clock
    self.maxLag = maxLag
    self.logger = logger
    complaints = Complaints(logger: logger)
  }

  /// Notes that a decision was committed and is not published yet.
  package func note(_ moment: Instant) { oldestUnpublished = oldestUnpublished ?? moment }

  /// Whether risk may grow: the remote was seen once, and no decision waits too long.
  package var mayAdvance: Bool {
    guard isSynchronized else { return false }
    return oldestUnpublished.map { clock.now.since($0) <= maxLag } ?? true
  }

  /// Whether everything is published, as far as is possible.
  package var isDone: Bool { oldestUnpublished == nil || isStopped }

  /// Brings in the remote branch until that has worked once.
  ///
  /// - Returns: Whether it worked just now.
  package func synchronize() async -> Bool {
    guard !isSynchronized else { return false }
    let done: Void? = await complaints.run("reach the ledger's repository") {
      try await self.store.synchronize()
    }
    guard done != nil else { return false }
    isSynchronized = true
    // An earlier life may have left decisions that it could not publish.
    note(clock.now)
    return true
  }

  /// Pushes what waits.
  package func publish() async {
    guard isSynchronized, !isStopped, let oldest = oldestUnpublished else { return }
    let outcome = await complaints.run("publish decisions") { try await self.store.publish() }
    switch outcome {
    case nil: return
    case .nothingToPublish: settle(oldest)
    case .published(let commits):
      logger.debug("published", metadata: ["commits": "\(commits)"])
      settle(oldest)
    case .refused(let why):
      await complaints.note(
        "publish decisions", Refusal(description: "the remote refused them: \(why)"))
    case .diverged(let remote):
      isStopped = true
      logger.error(
        "the ledger's branch was changed by somebody else: decisions are no longer published",
        metadata: ["remote": "\(remote)"])
    }
  }

  private struct Refusal: Error, CustomStringConvertible { let description: String }

  /// What was committed while the push was under way waits for the next one.
  private func settle(_ oldest: Instant) {
    if oldestUnpublished == oldest { oldestUnpublished = nil }
  }
}
