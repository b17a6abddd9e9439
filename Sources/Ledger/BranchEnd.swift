import Manifests
import Rollouts

/// The end of the branch as a whole: what the next record of any kind must follow.
package struct BranchEnd: Equatable, Sendable {
  /// The number of the last record.
  package private(set) var ledgerSeq = 0
  /// The epoch that the branch is in, and the digest of its record.
  package private(set) var epoch: Epoch?
  private(set) var epochDigest: String?

  /// Moves behind an epoch.
  mutating func follow(_ epoch: Epoch, digest: String) {
    (self.epoch, epochDigest) = (epoch, digest)
    advance(to: epoch.ledgerSeq)
  }

  /// Moves behind the record of a number; of one that is further back nothing follows.
  mutating func advance(to ledgerSeq: Int) { self.ledgerSeq = max(self.ledgerSeq, ledgerSeq) }

  /// The epoch that a controller would claim next.
  func claim(by controller: ControllerIdentity, at now: Instant) -> Epoch {
    Epoch(
      schema: Epoch.schema, ledgerSeq: ledgerSeq + 1,
      controller: RecordedController(
        instance: controller.instance, version: controller.version,
        epoch: (epoch?.controller.epoch ?? 0) + 1),
      life: controller.life, claimedAt: now, prev: epochDigest)
  }
}
