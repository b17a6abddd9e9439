import Ledger
import Logging
import Rollouts
import Threads

/// Writes down what was decided, before it has any effect: a checkpoint, and then the commit.
///
/// One caller at a time gets in, so that no commit is made on an end of the branch that another one moves.
actor Recorder {
  let ports: Fleet.Ports
  let identity: ControllerIdentity
  /// Whether an operator vouches that no other controller is alive.
  private let takesOver: Bool
  let logger: Logger
  let failures: DeduplicatedErrors
  private let mutex = AsyncMutex()

  /// The end of the branch: what the next commit follows.
  var head = LedgerHead()
  /// Whether the head is that of the branch: not while the branch was moved and not yet read.
  private var isHeadRead = false
  /// How many journals were written as a whole in this life.
  private var parts = 0
  /// What was decided in this life.
  private(set) var decided = DecisionCounts()
  /// Called after each commit, with its moment.
  private var onCommit: @Sendable (Instant) async -> Void = { _ in }

  init(
    ports: Fleet.Ports, identity: ControllerIdentity, takesOver: Bool, logger: Logger,
    failures: DeduplicatedErrors
  ) {
    self.ports = ports
    self.identity = identity
    self.takesOver = takesOver
    self.logger = logger
    self.failures = failures
  }

  func notify(_ onCommit: @escaping @Sendable (Instant) async -> Void) {
    self.onCommit = onCommit
  }

  // MARK: The branch

  /// Reads the branch anew.
  ///
  /// - Parameter catchesUp: Whether what the remote has is taken over before.
  /// - Returns: The members whose newest record was not known, and the path of each deployment's manifest.
  /// - Throws: What the store throws, and `LedgerError`.
  func resume(catchingUp catchesUp: Bool) async throws -> Resumption {
    try await mutex.withLock {
      if catchesUp {
        isHeadRead = false
        try await ports.store.catchUp()
      }
      let resumption = try await read()
      (head, isHeadRead) = (resumption.head, true)
      return resumption
    }
  }

  /// Claims the epoch after the ledger's, unless this life has one.
  func claimOrComplain(at now: Instant) async {
    guard !head.isClaimed(by: identity) else { return }
    await mutex.withLock {
      await failures.run("record an epoch") { try await self.claim(at: now) }
    }
  }

  /// Seals the days that are over, unless they are sealed or the epoch is not this life's.
  func sealOrComplain(at now: Instant) async {
    guard isHeadRead, head.isClaimed(by: identity), head.isSealDue(at: now) else { return }
    await mutex.withLock {
      await failures.run("seal a day") { try await self.seal(at: now) }
    }
  }

  private func claim(at now: Instant) async throws {
    guard isHeadRead else { throw UnreadHead() }
    guard !head.isClaimed(by: identity) else { return }
    var head = head
    let change = try head.claim(by: identity, at: max(now, ports.clock.now))
    guard let epoch = head.end.epoch else { preconditionFailure("a claim is an epoch") }
    try await ports.checkpoints.noteLease(
      of: epoch, after: ports.store.publishedEpoch()?.claim, isVouched: takesOver)
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(epoch.claimedAt)
  }

  /// Before anything is decided in a later day.
  private func seal(at now: Instant) async throws {
    let now = max(now, ports.clock.now)
    var head = head
    guard let change = try head.seal(by: identity, at: now) else { return }
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(now)
  }

  // MARK: Decisions

  /// Records the decisions of some looks in one durable write, and remembers the looks that decided
  /// nothing.
  ///
  /// - Returns: Those that stand. A decision that cannot be recorded is left out and made again, unless it
  ///   takes risk away: that one happens all the same, and is recorded when it can be.
  func record(_ drafts: [Draft], at now: Instant) async -> [Draft] {
    await mutex.withLock {
      let decided = await recordOrComplain(drafts.filter { $0.decision != nil }, at: now)
      var standing = Dictionary(uniqueKeysWithValues: decided.map { ($0.name, $0) })
      for draft in drafts where draft.decision == nil {
        standing[draft.name] = await remember(draft, at: now)
      }
      return drafts.compactMap { standing[$0.name] }
    }
  }

  /// Records what took effect although it could not be recorded, as far as is possible now.
  func recordLate(_ member: Member, at now: Instant) async -> Member {
    await mutex.withLock {
      var draft = Draft(before: member, member: member, turn: nil, state: nil)
      do {
        while let late = draft.member.unrecorded.first {
          draft.decision = late.decision
          draft = try await commit([draft], at: now)[0]
        }
      } catch {
        await failures.note("record a decision", error)
      }
      return draft.member
    }
  }

  private func recordOrComplain(_ drafts: [Draft], at now: Instant) async -> [Draft] {
    guard !drafts.isEmpty else { return [] }
    do {
      guard drafts.allSatisfy(\.member.unrecorded.isEmpty) else { throw OutOfOrder() }
      let recorded = try await commit(drafts.map(\.waiting), at: now)
      await failures.settle("record a decision")
      return recorded
    } catch  where drafts.count > 1 {
      // One that cannot be recorded must not keep the others back.
      var standing: [Draft] = []
      for draft in drafts { standing += await recordOrComplain([draft], at: now) }
      return standing
    } catch {
      await failures.note("record a decision", error)
      guard let decision = drafts[0].decision, drafts[0].isRetreat else { return [] }
      var draft = drafts[0]
      draft.member.postpone(decision.recordedLate(because: Detail("\(error)")))
      draft.isRecorded = false
      await rememberNow(&draft.member)
      return [draft]
    }
  }

  /// Commits the first decisions that wait of drafts, which then are as if they had been read from the branch.
  private func commit(_ drafts: [Draft], at now: Instant) async throws -> [Draft] {
    try await claim(at: now)
    try await seal(at: now)
    var (head, drafts, changes) = (head, drafts, [LedgerChange]())
    for index in drafts.indices {
      changes.append(try append(&drafts[index], to: &head))
      try await save(&drafts[index].member, seq: head.seq(of: drafts[index].name), in: head)
    }
    let commits = try await ports.store.commit(changes)
    self.head = head
    for (draft, commit) in zip(drafts, commits) { await tell(draft, commit) }
    return drafts
  }

  private func append(_ draft: inout Draft, to head: inout LedgerHead) throws -> LedgerChange {
    let next = draft.member.unrecorded.removeFirst()
    let change = try head.append(
      next.decision, of: next.rollout, source: next.source, appliedAt: next.appliedAt,
      by: identity, from: next.journal, coolDown: ports.retraining?.coolDown)
    draft.member.seq = head.seq(of: draft.name)
    draft.member.note(record: head.ledgerSeq, of: next.rollout.generation)
    draft.member.request =
      RetrainingRequest(next.decision, of: draft.name, recordedBy: head) ?? draft.member.request
    draft.member.recorded = RecordedManifest(next.source, next.rollout)
    return change
  }

  /// The decision stands: what fails from here on must not make it be taken again.
  private func tell(_ draft: Draft, _ commit: String) async {
    guard let decision = draft.decision else { return }
    logger.tell(decision, of: draft.name, commit)
    decided.note(decision)
    await onCommit(decision.decidedAt)
    await discardOthers(than: draft.member)
  }

  /// Returns a name that no part had before, also in another life.
  func nextPart() -> String {
    parts += 1
    return "\(identity.life)-\(parts)"
  }
}
