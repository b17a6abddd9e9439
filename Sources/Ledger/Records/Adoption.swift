package import Encoding
package import Rollouts

/// An operator's word on which of two histories is the ledger.
///
/// Nothing is ever forced for it: what was left stays on a branch beside the ledger and in the
/// controller's own repository.
package struct Adoption: Milestone {
  /// Which history goes on.
  package enum Side: String, Equatable, Sendable, Codable, CaseIterable { case remote, ours }

  package let schema: String
  package let ledgerSeq: Int
  package let controller: RecordedController
  package let adoptedAt: Instant
  package let taken: Side
  /// The commit that goes on.
  package let tip: String
  /// The last commit of the history that does not; null when nothing was left.
  @SpeltOut package var left: String?
  /// How many commits it has that the ledger has not.
  package let leftCommits: Int
  /// The branch that keeps them.
  @SpeltOut package var keptAt: String?
  /// Why, in the operator's words.
  package let reason: String

  package static let schema = "serin.dev/adoption-v1"
  package static let word = "adopt"

  package var moment: Instant { adoptedAt }
  package var path: String { LedgerPaths.adoption(controller.epoch) }
  package var title: String {
    "adopt \(taken == .remote ? "the remote's" : "the controller's") history at \(tip.prefix(12))"
  }
  package var sentence: String { CommitMessage.line(reason) }
  package var trailers: [(String, String)] {
    [
      ("Taken", taken.rawValue), ("Tip", tip), ("Left", left ?? "none"),
      ("Left-Commits", "\(leftCommits)"), ("Kept-At", keptAt ?? "none"),
    ]
  }
}

/// What becomes of the ledger's branch when one of two histories is taken.
package struct TakenHistory: Equatable, Sendable {
  package let side: Adoption.Side
  package let tip: String
  package let left: String?
  package let leftCommits: Int
  package let keptAt: String?

  package init(
    side: Adoption.Side, tip: String, left: String?, leftCommits: Int, keptAt: String?
  ) {
    self.side = side
    self.tip = tip
    self.left = left
    self.leftCommits = leftCommits
    self.keptAt = keptAt
  }
}

/// A store in which an operator can say which history is the ledger.
package protocol AdoptingStore: LedgerStore {
  /// Makes one history the local branch; what the other has alone is kept.
  ///
  /// - Returns: nil when there is nothing to choose between.
  func take(_ side: Adoption.Side, keepingAt branch: String) async throws -> TakenHistory?
}
