import Manifests
import Rollouts

/// Commits that hold a milestone under the eyes of the audit.
extension Inspection {
  /// A record that is no decision, and the digest of its bytes.
  struct Found<Kind: Milestone> {
    let milestone: Kind
    let digest: String
  }

  /// Checks a commit that holds an epoch; nil when it holds none.
  func epoch(_ header: Header) throws(Finding) -> Found<Epoch>? {
    let found: Found<Epoch>? = try milestone(header) { LedgerPaths.parseEpoch($0) != nil }
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
  func adoption(_ header: Header) throws(Finding) -> Found<Adoption>? {
    let found: Found<Adoption>? = try milestone(header) { LedgerPaths.parseAdoption($0) != nil }
    if let found { try checkEpoch(of: found.milestone.controller, at: found.milestone.path) }
    return found
  }

  /// Checks what holds for every kind of milestone.
  private func milestone<Kind: Milestone>(
    _ header: Header, _ isPlace: (String) -> Bool
  ) throws(Finding) -> Found<Kind>? {
    guard let change = commit.changes.first(where: { isPlace($0.path) }) else { return nil }
    try checkFiles(beside: change.path)
    guard let milestone = Kind(file: change.contents), milestone.path == change.path,
      milestone.schema == Kind.schema
    else {
      throw finding(
        .record, at: change.path, "a record \(Kind.schema) in its place", "something else")
    }
    try checkSigner(header.key, of: milestone.controller.instance)
    try checkSequence(milestone.ledgerSeq, at: change.path)
    let digest = Digest(of: change.contents).description
    try checkMessage(header.object, CommitMessage(milestone, digest: digest))
    try checkDate(header.object, milestone.moment)
    return Found(milestone: milestone, digest: digest)
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
