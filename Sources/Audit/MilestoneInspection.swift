import Ledger
import Encoding
import Rollouts

/// Commits that hold a milestone under the eyes of the audit.
extension Inspection {
  /// Checks a commit that holds an epoch; nil when it holds none.
  func epoch(_ header: Header) throws(Finding) -> CommittedMilestone<Epoch>? {
    let found: CommittedMilestone<Epoch>? = try milestone(header) {
      LedgerPaths.parseEpoch($0) != nil
    }
    guard let found else { return nil }
    let before = audit.end.epoch?.controller.epoch ?? 0
    let number = found.milestone.controller.epoch
    guard number == before + 1, found.milestone.prev == audit.end.epochDigest else {
      throw finding(
        .epoch, at: found.milestone.path,
        "epoch \(before + 1) after \(audit.end.epochDigest ?? "none")",
        "epoch \(number) after \(found.milestone.prev ?? "none")")
    }
    return found
  }

  /// Checks a commit that holds an adoption; nil when it holds none.
  func adoption(_ header: Header) throws(Finding) -> CommittedMilestone<Adoption>? {
    let found: CommittedMilestone<Adoption>? = try milestone(header) {
      LedgerPaths.parseAdoption($0) != nil
    }
    if let found { try checkEpoch(of: found.milestone.controller, at: found.milestone.path) }
    return found
  }

  /// Checks a commit that holds a seal; nil when it holds none.
  func seal(_ header: Header) throws(Finding) -> CommittedMilestone<Seal>? {
    let found: CommittedMilestone<Seal>? = try milestone(header) {
      LedgerPaths.parseSeal($0) != nil
    }
    guard let found else { return nil }
    let seal = found.milestone
    try checkEpoch(of: seal.controller, at: seal.path)
    guard let expected = audit.end.unsealed.seal(by: seal.controller, at: seal.sealedAt) else {
      throw finding(.seal, at: seal.path, "a seal of days that are over", "one of \(seal.days)")
    }
    guard seal != expected else { return found }
    throw finding(.seal, at: seal.path, expected.shown, seal.shown)
  }

  /// Whole days are sealed before a decision of a later one.
  func checkSeal(before record: Record, at path: String) throws(Finding) {
    guard audit.end.unsealed.isDue(at: record.decidedAt), let day = audit.end.unsealed.day else {
      return
    }
    throw finding(.seal, at: path, "a seal of \(day) first", "a decision of a later day")
  }

  /// Checks what holds for every kind of milestone.
  private func milestone<Kind: Milestone>(
    _ header: Header, _ isPlace: (String) -> Bool
  ) throws(Finding) -> CommittedMilestone<Kind>? {
    guard let change = commit.changes.first(where: { isPlace($0.path) }) else { return nil }
    try checkFiles(beside: change.path)
    guard let milestone = Kind(file: change.contents), milestone.path == change.path,
      milestone.schema == Kind.schema
    else {
      throw finding(
        .record, at: change.path, "a record \(Kind.schema) in its place", "something else")
    }
    try reader.checkSigner(header.key, of: milestone.controller.instance)
    try checkSequence(milestone.ledgerSeq, at: change.path)
    let digest = Digest(of: change.contents).description
    let message = CommitMessage(milestone, digest: digest)
    if let mistake = reader.mistake(in: header.object, message) { throw mistake }
    try checkDate(header.object, milestone.moment)
    return CommittedMilestone(milestone: milestone, digest: digest)
  }

  /// Nothing but the guides may change beside a milestone, which is written once.
  private func checkFiles(beside path: String) throws(Finding) {
    for change in commit.changes {
      let isGuide = LedgerPaths.guides.contains(change.path)
      guard isGuide || change.path == path else {
        throw finding(
          .files, at: change.path, "the record of the branch alone", Self.shown(change))
      }
      guard change.isPlain, change.kind == .added || (change.kind == .modified && isGuide) else {
        throw finding(
          .files, at: change.path, isGuide ? "a plain file" : "a new file, written once",
          Self.shown(change))
      }
    }
  }
}

extension Seal {
  /// What it says of the records, in one line.
  fileprivate var shown: String {
    "\(title), records \(first) to \(last), root \(root), prev \(prev ?? "null"): \(sentence)"
  }
}
