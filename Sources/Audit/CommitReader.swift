import Encoding
import Ledger
import Rollouts

/// Reads a commit: every rule that needs nothing but the commit, its number and the trust root.
struct CommitReader: Sendable {
  let commit: LedgerCommit
  /// The number that its record must have.
  let seq: Int
  let signers: AllowedSigners
  /// Whether its decision is to be made again.
  let replays: Bool

  func read() -> CommitReading {
    let object = Result { () throws(Finding) in try self.object() }
    let key = object.flatMap { object in
      Result { () throws(Finding) in try signer(of: object) }
    }
    let decision = key.flatMap { _ in
      Result { () throws(Finding) in try self.decision(object.get()) }
    }
    return CommitReading(reader: self, object: object, key: key, decision: decision)
  }

  /// Checks the commit's form, and that it was signed by somebody who may.
  func checkSigner() throws(Finding) { _ = try signer(of: object()) }

  func finding(
    _ kind: Finding.Kind, at path: String? = nil, _ expected: String, _ found: String
  ) -> Finding {
    Finding(kind, ledgerSeq: seq, commit: commit.id, path: path, expected: expected, found: found)
  }

  // MARK: The commit

  private func object() throws(Finding) -> CommitObject {
    guard let object = CommitObject(commit.object), object.author == object.committer else {
      throw finding(
        .commit, "tree, parent, author, the same committer, signature and message alone",
        "another form of commit")
    }
    return object
  }

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
    switch signers.verdict(on: key, of: instance, at: seq) {
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

  // MARK: The record

  private func decision(_ object: CommitObject) throws(Finding) -> ReadDecision {
    let (path, change) = try recordFile()
    let (record, inline) = try record(in: change, at: path)
    let digest = Digest(of: change.contents).description
    let replay = Result { () throws(Finding) in
      let json = try self.replay(of: record, inline: inline, at: path)
      return replays ? Replay(json: json) : nil
    }
    return ReadDecision(
      decision: RecordedDecision(record: record, digest: digest), path: path,
      message: mistake(in: object, CommitMessage(record, digest: digest)), replay: replay,
      status: mistake(inStatus: record))
  }

  private func recordFile() throws(Finding) -> (path: String, change: FileChange) {
    let records = commit.changes.filter { LedgerPaths.parseRecord($0.path) != nil }
    guard let change = records.first, records.count == 1 else {
      throw finding(
        .files, at: records.last?.path, "exactly one record in a commit", "\(records.count)")
    }
    guard change.kind == .added, change.isPlain else {
      throw finding(
        .files, at: change.path, "a new file, written once", Inspection.shown(change))
    }
    return (change.path, change)
  }

  private func record(
    in change: FileChange, at path: String
  ) throws(Finding) -> (record: Record, replay: JSONValue) {
    let value = try line(of: change, .record, at: path)
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
    let record = Result { () throws(Record.Unreadable) in
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

  // MARK: What is derived from the record

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
    return try file.map { file throws(Finding) in try line(of: file, .evidence, at: place) }
      ?? inline
  }

  private func line(
    of file: FileChange, _ kind: Finding.Kind, at path: String
  ) throws(Finding) -> JSONValue {
    guard file.contents.last == UInt8(ascii: "\n") else {
      throw finding(kind, at: path, "one line with a newline at its end", "no newline")
    }
    do throws(CanonicalError) {
      return try JSONValue(canonical: Array(file.contents.dropLast()))
    } catch {
      throw finding(kind, at: path, "canonical JSON", "\(error)")
    }
  }

  func mistake(in object: CommitObject, _ expected: CommitMessage) -> Finding? {
    guard object.message != expected.description else { return nil }
    let (left, right) = Self.firstDifference(expected.description, object.message)
    return finding(.message, left, right)
  }

  private func mistake(inStatus record: Record) -> Finding? {
    let place = LedgerPaths.status(record.deployment)
    let expected = Status(record).yaml
    guard let file = commit.changes.first(where: { $0.path == place }) else {
      return finding(.status, at: place, "the status of this decision", "that of an earlier one")
    }
    guard !file.contents.elementsEqual(expected.utf8) else { return nil }
    let text = String(decoding: file.contents, as: UTF8.self)
    let (left, right) = Self.firstDifference(expected, text)
    return finding(.status, at: place, left, right)
  }

  // MARK: Words

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
