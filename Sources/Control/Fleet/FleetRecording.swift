import Ledger
import Rollouts

// What is recorded, and in which order: a checkpoint, the commit, and only then the effect.
extension Fleet {
  /// Claims the epoch after the ledger's, unless this life has one.
  package func claimOrComplain() async {
    guard !head.isClaimed(by: identity), !isStopped else { return }
    await failures.run("record an epoch") { try await self.claim() }
  }

  func claim() async throws {
    guard isHeadRead else { throw UnreadHead() }
    guard !head.isClaimed(by: identity) else { return }
    var head = head
    let change = try head.claim(by: identity, at: max(latest, ports.clock.now))
    guard let epoch = head.end.epoch else { preconditionFailure("a claim is an epoch") }
    try await ports.checkpoints.noteLease(
      of: epoch, after: ports.store.publishedEpoch()?.claim, isVouched: takesOver)
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(epoch.claimedAt)
  }

  /// Seals the days that are over, before anything is decided in a later one.
  func seal() async throws {
    let now = max(latest, ports.clock.now)
    var head = head
    guard let change = try head.seal(by: identity, at: now) else { return }
    _ = try await ports.store.commit(change)
    self.head = head
    await onCommit(now)
  }

  func sealOrComplain() async {
    guard isHeadRead, head.isClaimed(by: identity), head.isSealDue(at: latest) else { return }
    await failures.run("seal a day") { try await self.seal() }
  }

  /// Whether a decision may be recorded in this pass; another is made again in the next.
  func mayRecord(_ decision: Decision, _ old: Member) -> Bool {
    guard !takesEffectAnyhow(decision, old) else { return true }
    passing.recordsLeft -= 1
    return passing.recordsLeft >= 0
  }

  /// Whether a decision takes risk away, so that it waits for nothing.
  func takesEffectAnyhow(_ decision: Decision, _ old: Member) -> Bool {
    decision.isRetreat || old.rollout.phase.isReturning
  }

  /// Commits a decision before it takes effect.
  ///
  /// - Returns: Whether the decision stands. One that cannot be recorded is dropped and made again at
  ///   the next look, unless it takes risk away: that one happens all the same, and is recorded when
  ///   it can be.
  func record(_ decision: Decision, _ member: inout Member, old: Member) async -> Bool {
    do {
      guard member.unrecorded.isEmpty else { throw OutOfOrder() }
      try await commit(decision, &member)
      await failures.settle("record a decision")
      return true
    } catch {
      await failures.note("record a decision", error)
      passing.hasFailed = true
      guard takesEffectAnyhow(decision, old), !isStopped else {
        plan(member.rollout.name, at: latest.advanced(by: .seconds(1)))
        return false
      }
      member.unrecorded.append(decision.recordedLate(because: Detail("\(error)")))
      await saveUnrecorded(member)
      return true
    }
  }

  func commit(_ decision: Decision, _ member: inout Member) async throws {
    let name = member.rollout.name
    try await claim()
    try await seal()
    var head = head
    let change = try head.append(
      decision, of: member.rollout, source: member.source, appliedAt: member.appliedAt,
      by: identity, from: member.journal, coolDown: ports.retraining?.coolDown)
    let seq = head.seq(of: name)
    var after = member
    after.journal = Journal(after: member.rollout)
    after.request = RetrainingRequest(decision, of: name, recordedBy: head) ?? member.request
    try await ports.checkpoints.save(
      after.checkpoint(following: head.digest(of: name)), for: name, seq: seq)
    let commit = try await ports.store.commit(change)
    self.head = head
    (member.journal, member.request) = (after.journal, after.request)
    member.recorded = RecordedManifest(member.source, member.rollout)
    logger.tell(decision, of: name, commit)
    decided.note(decision)
    await onCommit(decision.decidedAt)
    // The decision stands: what fails from here on must not make it be taken again.
    await failures.run("remove old checkpoints") {
      try await self.ports.checkpoints.discard(name, except: seq)
    }
  }

  func recordLate(_ member: inout Member) async {
    let waiting = member.unrecorded
    do {
      for late in waiting {
        member.unrecorded.removeFirst()
        try await commit(late, &member)
      }
    } catch {
      member.unrecorded = Array(waiting.suffix(member.unrecorded.count + 1))
      await failures.note("record a decision", error)
    }
  }

  func saveUnrecorded(_ member: Member) async {
    let name = member.rollout.name
    let (seq, digest) = (head.seq(of: name) + 1, head.digest(of: name))
    await failures.run("write a checkpoint") {
      try await self.ports.checkpoints.save(
        member.checkpoint(following: digest), for: name, seq: seq)
    }
  }

  func checkpoint(_ member: inout Member, changedFrom old: Member) async {
    let seq = head.seq(of: member.rollout.name)
    let isSettled = member.request != old.request
    guard seq > 0,
      isSettled || member.rollout != old.rollout
        || member.reading.map({ !$0.isWorth(old.reading) }) == true
    else { return }
    let isUrgent = isSettled || member.rollout.candidate != nil
    guard isUrgent || latest.since(member.checkpointed) >= Self.checkpointEvery else { return }
    member.checkpointed = latest
    let (name, digest) = (member.rollout.name, head.digest(of: member.rollout.name))
    let bytes = Result { [member] in try member.checkpoint(following: digest) }
    await failures.run("write a checkpoint") {
      try await self.ports.checkpoints.save(bytes.get(), for: name, seq: seq)
    }
  }
}
