import Rollouts

/// The end of the branch as a whole: what the next record of any kind must follow.
package struct BranchEnd: Equatable, Sendable {
  /// The number of the last record.
  package private(set) var ledgerSeq = 0
  /// The epoch that the branch is in, and the digest of its record.
  package private(set) var epoch: Epoch?
  package private(set) var epochDigest: String?
  package private(set) var unsealed = Unsealed()

  package init() {}

  /// Begins where a branch ends.
  ///
  /// - Parameters:
  ///   - seal: The newest seal and its digest.
  ///   - epoch: The newest epoch and its digest.
  ///   - entries: The records behind the seal, in the order of their numbers.
  init(
    seal: (Seal, digest: String)?, epoch: (Epoch, digest: String)?, entries: [SealedEntry]
  ) {
    (self.epoch, epochDigest) = (epoch?.0, epoch?.digest)
    if let seal { follow(seal.0, digest: seal.digest) }
    for entry in entries { follow(entry) }
  }

  /// Moves behind an epoch.
  package mutating func follow(_ epoch: Epoch, digest: String) {
    (self.epoch, epochDigest) = (epoch, digest)
    follow(SealedEntry(epoch, digest: digest))
  }

  /// Moves behind any record but an epoch or a seal.
  package mutating func follow(_ entry: SealedEntry) {
    ledgerSeq = entry.ledgerSeq
    unsealed.add(entry)
  }

  /// Moves behind a seal.
  package mutating func follow(_ seal: Seal, digest: String) {
    ledgerSeq = seal.ledgerSeq
    unsealed.follow(seal, digest: digest)
  }

  /// The epoch that a controller would claim next.
  func claim(by controller: ControllerIdentity, at now: Instant) -> Epoch {
    Epoch(
      schema: Epoch.schema, ledgerSeq: ledgerSeq + 1,
      controller: RecordedController(
        instance: controller.instance, version: controller.version,
        epoch: (epoch?.controller.epoch ?? 0) + 1),
      life: controller.life, claimedAt: now, lease: controller.lease.inMilliseconds,
      prev: epochDigest)
  }
}
