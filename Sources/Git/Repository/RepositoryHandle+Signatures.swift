import CGit2
import Control
import Ledger

// Who signed the commits of a branch, and whether it may be followed.

extension RepositoryHandle {
  /// Returns what is known of a commit's signature; nil without one, when nobody names signers.
  borrowing func signer(
    of commit: ObjectID, among signers: SourceSigners?
  ) throws(GitError) -> SourceSigner? {
    let found = try (signers ?? .none).signer(of: object(commit.raw))
    return signers == nil && found.status == .unsigned ? nil : found
  }

  /// Returns why `tip` may not be followed after `accepted`, or nil when it may.
  ///
  /// Every commit that changes the watched path must have a good signature, and so must the tip
  /// where no line leads to it from a commit that was accepted: at the first sight of a branch, and
  /// after history was rewritten. A merge changes the path when it differs there from any of its
  /// parents, or whoever merges could bring back what was once accepted. A message that confirms a
  /// removal changes what is served as well.
  borrowing func refusal(
    of tip: ObjectID, after accepted: ObjectID?, under path: String, signers: SourceSigners
  ) throws(GitError) -> CommitRefusal? {
    guard tip != accepted else { return nil }
    guard let accepted else {
      return try refusal(of: tip, signers, else: "and nothing was accepted before it")
    }
    guard descent(of: accepted, from: tip) != .yes else {
      return CommitRefusal(
        commit: tip.description, reason: "it lies before \(accepted), which was accepted already")
    }
    let history = history(of: tip, since: accepted)
    // Nobody knows what it changed, nor what lies behind it.
    if let unreadable = history.unreadable { return unreadable }
    for commit in history.commits where try changes(commit.raw, path) {
      if let refusal = try refusal(of: commit, signers) { return refusal }
    }
    if Snapshot.confirmsRemoval(try description(of: tip).message) {
      return try refusal(of: tip, signers, else: "though it confirms a removal")
    }
    guard descent(of: tip, from: accepted) != .yes else { return nil }
    return try refusal(of: tip, signers, else: "and history was rewritten")
  }

  private borrowing func refusal(
    of commit: ObjectID, _ signers: SourceSigners, else circumstance: String? = nil
  ) throws(GitError) -> CommitRefusal? {
    let signer = try signers.signer(of: object(commit.raw))
    guard signer.status != .good else { return nil }
    let reason = [signer.words, circumstance].compactMap(\.self).joined(separator: ", ")
    return CommitRefusal(commit: commit.description, reason: reason)
  }

  /// Whether a commit differs at a path from any of its parents.
  borrowing func changes(_ commit: git_oid, _ path: String) throws(GitError) -> Bool {
    let own = try entry(at: path, of: ObjectID(commit))
    let parents = try parents(of: ObjectID(commit))
    guard !parents.isEmpty else { return own != nil }
    for parent in parents where try entry(at: path, of: parent) != own { return true }
    return false
  }
}
