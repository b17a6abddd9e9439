package import Encoding
package import Rollouts

/// The claim of one controller to be the one that decides from here on.
///
/// Think of a relay race: the baton is the tip of the remote branch, and a push takes it. Whoever
/// pushes epoch N+1 on top of it has it; every later push of the owner of epoch N is no
/// fast-forward any more, so that the git server itself refuses it.
package struct Epoch: Milestone {
  package let schema: String
  package let ledgerSeq: Int
  /// Whoever claims it; its epoch is the one that begins.
  package let controller: RecordedController
  /// What tells two lives of controllers apart, also when they have one name: without it, two that
  /// claim in the same millisecond would make the same commit, and both would own it.
  package let life: String
  package let claimedAt: Instant
  /// How long its owner may be silent before another controller takes over by itself, in milliseconds.
  package let lease: Int64
  /// The digest of the epoch before.
  @SpeltOut package var prev: String?

  package static let schema = "serin.dev/epoch-v1"
  package static let word = "epoch"

  /// Which claim it is, whatever the commit is called that holds it.
  package var claim: Claim { Claim(epoch: controller.epoch, life: life) }

  package var moment: Instant { claimedAt }
  package var path: String { LedgerPaths.epoch(controller.epoch) }
  package var title: String {
    CommitMessage.line("epoch \(controller.epoch): \(controller.instance) takes over")
  }
  package var sentence: String {
    "\(CommitMessage.line(controller.instance)) (serin \(controller.version)) decides from here on"
  }
  package var trailers: [(String, String)] {
    [("Controller", controller.instance), ("Life", life), ("Previous-Epoch", prev ?? "none")]
  }
}

/// The number of an epoch and whose it is.
package struct Claim: Hashable, Sendable, Codable {
  package let epoch: Int
  package let life: String

  package init(epoch: Int, life: String) {
    self.epoch = epoch
    self.life = life
  }
}
