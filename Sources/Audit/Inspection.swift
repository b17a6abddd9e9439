import Ledger
import Encoding
import Rollouts
import Wording

/// One commit under the eyes of the audit: every rule, in the order of `Finding.Kind`.
struct Inspection {
  let commit: LedgerCommit
  let seq: Int
  let audit: LedgerAudit

  init(_ commit: LedgerCommit, at seq: Int, in audit: LedgerAudit) {
    self.commit = commit
    self.seq = seq
    self.audit = audit
  }

  /// A commit whose form, place and signature are right.
  struct Header {
    let object: CommitObject
    let key: PublicKey
  }

  /// What was found to be right.
  struct Result {
    let decision: RecordedDecision
    /// What the decision is to be derived from again.
    let replay: JSONValue
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
    guard let object = CommitObject(commit.object), object.author == object.committer else {
      throw finding(
        .commit, "tree, parent, author, the same committer, signature and message alone",
        "another form of commit")
    }
    try checkHistory(object)
    return Header(object: object, key: try signer(of: object))
  }

  /// Checks a commit that holds a decision.
  private func decision(_ header: Header) throws(Finding) -> Result {
    let (path, change) = try recordFile()
    let (record, inline) = try record(in: change, at: path)
    try checkSigner(header.key, of: record.controller.instance)
    let decision = RecordedDecision(record: record, digest: Digest(of: change.contents).description)
    try checkFiles(beside: path, of: record)
    try checkSequence(record.ledgerSeq, at: path)
    try checkChain(record, at: path)
    try checkMessage(header.object, CommitMessage(record, digest: decision.digest))
    let replay = try replay(of: record, inline: inline, at: path)
    try checkStatus(record)
    try checkDate(header.object, record.decidedAt)
    try checkTransition(record, at: path)
    try checkEpoch(of: record.controller, at: path)
    try checkSeal(before: record, at: path)
    return Result(decision: decision, replay: replay, path: path)
  }

  func finding(
    _ kind: Finding.Kind, at path: String? = nil, _ expected: String, _ found: String
  ) -> Finding {
    Finding(kind, ledgerSeq: seq, commit: commit.id, path: path, expected: expected, found: found)
  }

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

  /// Returns the key that signed the commit, if it may sign this one at all.
  private func signer(of object: CommitObject) throws(Finding) -> PublicKey {
    guard let text = object.signature else {
      throw finding(.unsigned, "an SSH signature by an allowed signer", "none")
    }
    guard let signature = SSHSignature(armoured: text) else {
      throw finding(.signature, "an Ed25519 signature for git", "something that is none")
    }
    guard signature.isValid(for: object.payload) else {
      throw finding(
        .signature, "a signature of this commit by \(signature.key)", "one of something else")
    }
    try checkSigner(signature.key, of: nil)
    return signature.key
  }

  func checkSigner(_ key: PublicKey, of instance: String?) throws(Finding) {
    switch audit.signers.verdict(on: key, of: instance, at: seq) {
    case .valid: return
    case .unknownKey: throw finding(.signer, "a key of the allowed signers", "\(key)")
    case .otherPrincipal(let names):
      throw finding(
        .signer, "a key of the controller \"\(instance ?? "")\"",
        "\(key), which is that of \(names.joined(separator: ", "))")
    case .outside(let ranges):
      let range = ranges.map(AllowedSigners.shown).joined(separator: " and ")
      throw finding(
        .signer, "a key that may sign decision \(seq)", "\(key), which may sign \(range)")
    }
  }

  // MARK: The files

  private func recordFile() throws(Finding) -> (path: String, change: FileChange) {
    let records = commit.changes.filter { LedgerPaths.parseRecord($0.path) != nil }
    guard let change = records.first, records.count == 1 else {
      throw finding(
        .files, at: records.last?.path, "exactly one record in a commit", "\(records.count)")
    }
    guard change.kind == .added, change.isPlain else {
      throw finding(.files, at: change.path, "a new file, written once", Self.shown(change))
    }
    return (change.path, change)
  }

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

  private func record(
    in change: FileChange, at path: String
  ) throws(Finding) -> (record: Record, replay: JSONValue) {
    guard change.contents.last == UInt8(ascii: "\n") else {
      throw finding(.record, at: path, "one line with a newline at its end", "no newline")
    }
    let bytes = Array(change.contents.dropLast())
    let value = try canonical(bytes, .record, at: path)
    let record = try read(value, at: path)
    let place = LedgerPaths.record(record.deployment, seq: record.seq, at: record.decidedAt)
    guard path == place else { throw finding(.record, at: path, "the place \(place)", path) }
    guard record.observedAt <= record.decidedAt else {
      throw finding(.record, at: path, "a decision after its observation", "one before")
    }
    return (record, value["replay"] ?? .null)
  }

  private func read(_ value: JSONValue, at path: String) throws(Finding) -> Record {
    let violation = DecisionSchema.prepared.violation(by: value)
    let record = Swift.Result { () throws(Record.Unreadable) in
      try Record(withoutReplay: value, isHeldToSchema: violation == nil)
    }
    switch (record, violation) {
    case (.success(let record), nil): return record
    case (.failure(let error), nil): throw unreadable(error, at: path)
    case (.failure(.newer(let field, let writer)), _):
      throw unreadable(.newer(field: field, writer: writer), at: path)
    case (_, let violation?):
      throw finding(.record, at: path, "what \(LedgerPaths.schema) says", violation)
    }
  }

  private func unreadable(_ error: Record.Unreadable, at path: String) -> Finding {
    finding(.record, at: path, "a decision that this version can read", "\(error)")
  }

  func checkSequence(_ ledgerSeq: Int, at path: String) throws(Finding) {
    guard ledgerSeq == seq else {
      throw finding(.sequence, at: path, "ledgerSeq \(seq)", "\(ledgerSeq)")
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

  // MARK: What is derived from the record

  func checkMessage(_ object: CommitObject, _ expected: CommitMessage) throws(Finding) {
    guard object.message != expected.description else { return }
    let (left, right) = Self.firstDifference(expected.description, object.message)
    throw finding(.message, left, right)
  }

  /// Returns the replay, which is in the record or in the evidence file beside it.
  private func replay(
    of record: Record, inline: JSONValue, at path: String
  ) throws(Finding) -> JSONValue {
    let place = LedgerPaths.evidence(ofRecordAt: path)
    let file = commit.changes.first { $0.path == place }
    let digest = file.map { Digest(of: $0.contents).description }
    guard digest == record.evidence else {
      throw finding(.evidence, at: place, record.evidence ?? "no file", digest ?? "no file")
    }
    guard (inline != .null) == (digest == nil) else {
      throw finding(
        .evidence, at: path, "the replay in the record or beside it", "both or neither")
    }
    guard let file else { return inline }
    guard file.contents.last == UInt8(ascii: "\n") else {
      throw finding(.evidence, at: place, "one line with a newline at its end", "no newline")
    }
    return try canonical(Array(file.contents.dropLast()), .evidence, at: place)
  }

  private func canonical(
    _ bytes: [UInt8], _ kind: Finding.Kind, at path: String
  ) throws(Finding) -> JSONValue {
    do throws(CanonicalError) {
      return try JSONValue(canonical: bytes)
    } catch {
      throw finding(kind, at: path, "canonical JSON", "\(error)")
    }
  }

  private func checkStatus(_ record: Record) throws(Finding) {
    let place = LedgerPaths.status(record.deployment)
    let expected = Status(record).yaml
    guard let file = commit.changes.first(where: { $0.path == place }) else {
      throw finding(.status, at: place, "the status of this decision", "that of an earlier one")
    }
    guard file.contents != Array(expected.utf8) else { return }
    let text = String(decoding: file.contents, as: UTF8.self)
    let (left, right) = Self.firstDifference(expected, text)
    throw finding(.status, at: place, left, right)
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

  /// Returns the first lines in which two texts differ.
  private static func firstDifference(_ expected: String, _ found: String) -> (String, String) {
    let left = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let right = found.split(separator: "\n", omittingEmptySubsequences: false)
    let place = zip(left, right).prefix { $0 == $1 }.count
    let lines = [left, right].map { lines in
      place < lines.count
        ? "the line \"\(CommitMessage.line(String(lines[place])))\"" : "no more lines"
    }
    return (lines[0], lines[1])
  }
}
