import Ledger
import Rollouts

// The memory of a look: small files beside the controller, written before the record that they follow.
extension Recorder {
  /// While nothing is on trial, the memory of a look is worth one write a minute.
  private static let checkpointEvery = Duration.seconds(60)

  /// Writes down what a look that decided nothing leaves, when losing it would cost evidence.
  func remember(_ draft: Draft, at now: Instant) async -> Draft {
    var draft = draft
    guard head.seq(of: draft.name) > 0, draft.isWorthWriting else { return draft }
    guard draft.isUrgent || now.since(draft.member.checkpointed) >= Self.checkpointEvery else {
      return draft
    }
    draft.member.checkpointed = now
    await rememberNow(&draft.member)
    return draft
  }

  /// Writes a member's checkpoint, that of the newest record.
  ///
  /// Decisions that could not be recorded are in it, too. The checkpoint of the record to come is another one: it
  /// says what is left when that record is there, and counts for nothing before.
  func rememberNow(_ member: inout Member) async {
    let seq = head.seq(of: member.rollout.name)
    let before = member.kept?.part
    await failures.run("write a checkpoint") {
      try await self.save(&member, seq: seq, in: self.head)
    }
    if member.kept?.part != before { await discardOthers(than: member) }
  }

  /// Writes a checkpoint: what was added to the journal, or all of it, and then the rest.
  ///
  /// A journal that is written anew has a part of its own, so that it never replaces one that still counts.
  func save(_ member: inout Member, seq: Int, in head: LedgerHead) async throws {
    let name = member.rollout.name
    let kept = member.kept.flatMap { $0.seq == seq ? $0 : nil }
    let added = kept.flatMap { member.journal.lines(since: $0.mark) }
    let part = kept.flatMap { added == nil ? nil : $0.part } ?? nextPart()
    // What fails half-way is written as a whole the next time.
    member.kept = nil
    try await ports.checkpoints.write(
      added ?? member.journal.lines, addingTo: added != nil, for: name, seq: seq, part: part)
    try await ports.checkpoints.save(
      member.checkpoint(following: head.digest(of: name), part: part), for: name, seq: seq)
    member.kept = Member.Kept(seq: seq, part: part, mark: member.journal.mark)
  }

  /// Removes what the newest checkpoint does not need.
  func discardOthers(than member: Member) async {
    guard let kept = member.kept else { return }
    await failures.run("remove old checkpoints") {
      try await self.ports.checkpoints.discard(
        member.rollout.name, except: kept.seq, part: kept.part)
    }
  }
}

extension Draft {
  /// Whether a crash now would lose what the look found.
  fileprivate var isWorthWriting: Bool {
    member.request != before.request || member.rollout != before.rollout
      || member.reading.map { !$0.isWorth(before.reading) } == true
  }

  fileprivate var isUrgent: Bool {
    member.request != before.request || member.rollout.candidate != nil
  }
}
