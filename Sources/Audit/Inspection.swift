import Ledger
import Encoding
import Rollouts
import Wording

/// One commit under the eyes of the audit: every rule, in the order of `Finding.Kind`.
struct Inspection {
  let reading: CommitReading
  let audit: LedgerAudit

  var reader: CommitReader { reading.reader }
  var commit: LedgerCommit { reader.commit }

  /// A commit whose form, place and signature are right.
  struct Header {
    let object: CommitObject
    let key: PublicKey
  }

  /// What was found to be right.
  struct Result {
    let decision: RecordedDecision
    /// What the decision is to be derived from again.
    let replay: Replay?
    /// The path of the record.
    let path: String
  }

  /// The record in a commit.
  enum Found {
    case epoch(CommittedMilestone<Epoch>)
    case adoption(CommittedMilestone<Adoption>)
    case seal(CommittedMilestone<Seal>)
    case decision(Result)
  }

  /// Checks all that does not take deciding again.
  func everything() throws(Finding) -> (Header, Found) {
    let header = try header()
    if let epoch = try epoch(header) { return (header, .epoch(epoch)) }
    if let adoption = try adoption(header) { return (header, .adoption(adoption)) }
    if let seal = try seal(header) { return (header, .seal(seal)) }
    return (header, .decision(try decision(header)))
  }

  private func header() throws(Finding) -> Header {
    let object = try reading.object.get()
    try checkHistory(object)
    return Header(object: object, key: try reading.key.get())
  }

  /// Checks a commit that holds a decision.
  private func decision(_ header: Header) throws(Finding) -> Result {
    let read = try reading.decision.get()
    let (record, path) = (read.decision.record, read.path)
    try reader.checkSigner(header.key, of: record.controller.instance)
    try checkFiles(beside: path, of: record)
    try checkSequence(record.ledgerSeq, at: path)
    try checkChain(record, at: path)
    if let mistake = read.message { throw mistake }
    let replay = try read.replay.get()
    if let mistake = read.status { throw mistake }
    try checkDate(header.object, record.decidedAt)
    try checkTransition(record, at: path)
    try checkEpoch(of: record.controller, at: path)
    try checkSeal(before: record, at: path)
    return Result(decision: read.decision, replay: replay, path: path)
  }

  func finding(
    _ kind: Finding.Kind, at path: String? = nil, _ expected: String, _ found: String
  ) -> Finding { reader.finding(kind, at: path, expected, found) }

  // MARK: The commit

  private func checkHistory(_ object: CommitObject) throws(Finding) {
    let expected = audit.tip.map { [$0] } ?? []
    guard object.parents == expected else {
      throw finding(.history, Self.parents(expected), Self.parents(object.parents))
    }
  }

  private static func parents(_ parents: [String]) -> String {
    parents.isEmpty ? "no parent" : "the parent \(parents.joined(separator: " and "))"
  }

  // MARK: The files

  /// Nothing but the deployment's status, the evidence and the guides may change beside a record.
  private func checkFiles(beside path: String, of record: Record) throws(Finding) {
    let own = [path, LedgerPaths.evidence(ofRecordAt: path), LedgerPaths.status(record.deployment)]
    for change in commit.changes {
      let isGuide = LedgerPaths.guides.contains(change.path)
      guard isGuide || own.contains(change.path) else {
        throw finding(
          .files, at: change.path, "the files of \(record.deployment) alone", Self.shown(change))
      }
      let isStatus = change.path == LedgerPaths.status(record.deployment)
      let mayChange = isGuide || isStatus
      guard change.isPlain, change.kind == .added || (change.kind == .modified && mayChange) else {
        throw finding(
          .files, at: change.path, mayChange ? "a plain file" : "a new file, written once",
          Self.shown(change))
      }
    }
  }

  static func shown(_ change: FileChange) -> String {
    switch change.kind {
    case .removed: "a file that was removed"
    case .modified: change.isPlain ? "a file that was changed" : "a link, a program or a submodule"
    case .added: change.isPlain ? "a file that was added" : "a link, a program or a submodule"
    }
  }

  // MARK: The record

  func checkSequence(_ ledgerSeq: Int, at path: String) throws(Finding) {
    guard ledgerSeq == reader.seq else {
      throw finding(.sequence, at: path, "ledgerSeq \(reader.seq)", "\(ledgerSeq)")
    }
  }

  /// What a controller writes is of the epoch that it claimed.
  func checkEpoch(of controller: RecordedController, at path: String) throws(Finding) {
    let owner = audit.end.epoch?.controller
    guard controller.epoch == owner?.epoch, controller.instance == owner?.instance else {
      throw finding(
        .epoch, at: path, owner.map { "epoch \($0.epoch) of \($0.instance)" } ?? "an epoch first",
        "epoch \(controller.epoch) of \(controller.instance)")
    }
  }

  private func checkChain(_ record: Record, at path: String) throws(Finding) {
    let link = audit.links[record.deployment]
    let (next, rollout) = ((link?.seq ?? 0) + 1, link?.rollout ?? 0)
    guard record.seq == next else {
      throw finding(.chain, at: path, "seq \(next)", "\(record.seq)")
    }
    guard record.prev == link?.digest else {
      throw finding(.chain, at: path, "prev \(link?.digest ?? "null")", record.prev ?? "null")
    }
    guard record.rollout >= rollout else {
      throw finding(.chain, at: path, "rollout \(rollout) or later", "\(record.rollout)")
    }
    if let mistake = record.mistake(inRetrainingAfter: link?.retraining) {
      throw finding(.chain, at: path, mistake.expected, mistake.found)
    }
  }

  /// The decision's second, but never before the parent: decisions that are recorded late stay last.
  func checkDate(_ object: CommitObject, _ moment: Instant) throws(Finding) {
    let expected = max(moment.wholeSeconds, audit.seconds ?? .min)
    guard object.seconds == expected else {
      throw finding(.date, Self.shown(expected), Self.shown(object.seconds))
    }
  }

  private func checkTransition(_ record: Record, at path: String) throws(Finding) {
    let end = audit.links[record.deployment]?.to ?? .idle
    guard record.from.continues(end) else {
      throw finding(
        .transition, at: path, "a decision from \"\(end.words)\"",
        "one from \"\(record.from.words)\"")
    }
    guard Transition.isLegal(record.verdict, from: record.from, to: record.to) else {
      throw finding(
        .transition, at: path, "a \(record.verdict.rawValue) that can be",
        "one from \"\(record.from.words)\" to \"\(record.to.words)\"")
    }
  }

  // MARK: Words

  private static func shown(_ seconds: Int64) -> String {
    let limit: Int64 = 1 << 40  // the year 36812: what is beyond is shown as a number
    guard abs(seconds) < limit else { return "\(seconds) seconds since 1970" }
    return Instant(milliseconds: seconds * 1000).iso8601
  }
}
