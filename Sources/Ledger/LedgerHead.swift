package import Manifests
package import Rollouts

/// The end of the chain: what the next record must follow.
///
/// A value, so that a commit that failed leaves no trace: the new head is taken over only once the
/// commit is durable.
package struct LedgerHead: Equatable, Sendable {
  private struct Link: Equatable, Sendable {
    var seq = 0
    var digest: String?
  }

  package private(set) var ledgerSeq = 0
  /// The life of the controller that continues the chain; each record has its number.
  package private(set) var epoch = 1
  private var links: [DeploymentName: Link] = [:]
  private var guides = LedgerGuides()

  package init() {}

  /// Above this many bytes the replay goes into a file of its own, so that records stay readable.
  static let largestInlineReplay = 4096

  /// Returns how many decisions a deployment has.
  package func seq(of deployment: DeploymentName) -> Int { links[deployment]?.seq ?? 0 }

  /// Returns the digest of a deployment's newest record.
  package func digest(of deployment: DeploymentName) -> String? { links[deployment]?.digest }

  /// Adds a record that was read from the ledger.
  mutating func follow(_ record: Record, digest: String) {
    extend(by: record, digest: digest)
    epoch = max(epoch, record.controller.epoch + 1)
  }

  private mutating func extend(by record: Record, digest: String) {
    links[record.deployment] = Link(seq: record.seq, digest: digest)
    ledgerSeq = max(ledgerSeq, record.ledgerSeq)
  }

  /// Notes which of the files that explain the branch are there, and who will sign.
  ///
  /// Those that are missing or outdated go with the next decision.
  package mutating func note(guides present: [String: [UInt8]], signer: PublicKey?) {
    guides = LedgerGuides(present: present, signer: signer)
  }

  /// Returns the commit for one more decision, and moves the head behind it.
  package mutating func append(
    _ decision: Decision, of rollout: Rollout, source: SourceReference?, appliedAt: Instant?,
    by controller: ControllerIdentity, from journal: Journal
  ) throws -> LedgerChange {
    let link = links[rollout.name] ?? Link()
    var record = Record(
      schema: Record.schema, seq: link.seq + 1, ledgerSeq: ledgerSeq + 1, prev: link.digest,
      deployment: rollout.name, rollout: rollout.number,
      controller: RecordedController(
        instance: controller.instance, version: controller.version, epoch: epoch),
      observedAt: decision.decidedAt, decidedAt: decision.decidedAt, previousAppliedAt: appliedAt,
      verdict: decision.verdict,
      cause: decision.cause, reason: CommitMessage.line(decision.reason), from: decision.from,
      to: decision.to, traffic: rollout.plan.shares, generation: rollout.generation,
      revision: decision.revision, stable: rollout.stable, source: source,
      checks: decision.checks, exposure: decision.exposure, engine: .current, evidence: nil,
      replay: nil)
    let path = LedgerPaths.record(
      rollout.name, seq: record.seq, at: decision.decidedAt)
    var files = [LedgerPaths.status(rollout.name): Array(Status(record).yaml.utf8)]
    let replay = try journal.replay(leadingTo: rollout).json()
    let evidence = replay.file
    let isInline = evidence.count <= Self.largestInlineReplay
    if !isInline {
      files[LedgerPaths.evidence(ofRecordAt: path)] = evidence
      record.evidence = Digest(of: evidence).description
    }
    let bytes = try JSONValue(encoding: record).with("replay", isInline ? replay : .null).file
    let digest = Digest(of: bytes).description
    files[path] = bytes
    files.merge(guides.outdated(at: record.ledgerSeq, by: controller.instance)) { $1 }
    guides.isCurrent = true
    extend(by: record, digest: digest)
    let message = CommitMessage(record, digest: digest).description
    return LedgerChange(files: files, message: message, date: decision.decidedAt)
  }
}

extension JSONValue {
  /// The object with one member more, or another.
  fileprivate func with(_ key: String, _ value: JSONValue) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.merging([key: value]) { $1 })
  }

  /// The canonical form on one line, as the ledger's files hold it.
  package var file: [UInt8] { Array((canonical + "\n").utf8) }
}
