package import Ledger
import Encoding
import Rollouts

/// The seals of a branch, each compared with the records that it counts.
///
/// Signatures, chains and decisions are the audit's business; this asks only whether a seal says what
/// the records before it come to.
package struct SealReview: Sendable {
  package struct Item: Equatable, Sendable, Encodable {
    package let commit: String
    package let digest: String
    package let seal: Seal
    /// Whether it says what the records come to.
    package let isTrue: Bool
  }

  package private(set) var items: [Item] = []
  private var end = BranchEnd()

  package init() {}

  /// How many records wait for the next seal.
  package var unsealed: Int { end.unsealed.records }

  /// Takes over the next commit of the branch.
  package mutating func add(_ commit: LedgerCommit) throws(LedgerError) {
    if let seal = commit.seal {
      add(seal.milestone, seal.digest, commit.id)
    } else if let epoch = commit.epoch {
      end.follow(epoch.milestone, digest: epoch.digest)
    } else if let adoption = commit.adoption {
      end.follow(SealedEntry(adoption.milestone, digest: adoption.digest))
    } else {
      for decision in try commit.recordedDecisions() { end.follow(SealedEntry(decision)) }
    }
  }

  private mutating func add(_ seal: Seal, _ digest: String, _ commit: String) {
    let expected = end.unsealed.seal(by: seal.controller, at: seal.sealedAt)
    items.append(Item(commit: commit, digest: digest, seal: seal, isTrue: seal == expected))
    end.follow(seal, digest: digest)
  }
}
