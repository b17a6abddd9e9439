import CGit2
import Control
import Ledger

/// What an operator asks of the branch before it is followed.
package struct SourceRules: Sendable {
  private let files: RenewedValue<SourceSigners>?
  private let areSignaturesRequired: Bool
  private let isFastForwardOnly: Bool

  /// - Parameters:
  ///   - signers: Those who may sign, as their files say now; nil when nobody checks.
  ///   - areRequired: Whether commits without a good signature are refused.
  ///   - isFastForwardOnly: Whether history that was rewritten is refused.
  package init(
    signers: RenewedValue<SourceSigners>? = nil, areRequired: Bool = false,
    isFastForwardOnly: Bool = false
  ) {
    files = signers
    areSignaturesRequired = areRequired
    self.isFastForwardOnly = isFastForwardOnly
  }

  /// Whether not every commit is followed.
  var haveConditions: Bool { areSignaturesRequired || isFastForwardOnly }

  func signers() -> SourceSigners? { files?.current() }

  /// Grows with each change of the signers' files.
  func reading() -> Int { files?.reading() ?? 0 }

  /// Returns why `tip` may not be followed after `accepted`, or nil when it may.
  func refusal(
    of tip: ObjectID, after accepted: ObjectID?, under path: String,
    in repository: borrowing RepositoryHandle
  ) throws(GitError) -> CommitRefusal? {
    if isFastForwardOnly, let accepted, tip != accepted {
      switch repository.descent(of: tip, from: accepted) {
      case .yes: break
      case .no:
        return CommitRefusal(
          commit: tip.description,
          reason: "history was rewritten: it does not lead back to \(accepted), which was followed")
      case .unknown(let unreadable):
        return CommitRefusal(
          commit: unreadable.commit,
          reason: "\(unreadable.reason), so that history may have been rewritten")
      }
    }
    guard areSignaturesRequired else { return nil }
    return try repository.refusal(
      of: tip, after: accepted, under: path, signers: signers() ?? .none)
  }
}
