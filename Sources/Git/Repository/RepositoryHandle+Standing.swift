import CGit2
import Control
import Foundation
import Ledger
import Rollouts

extension RepositoryHandle {
  /// Says how the remote's tip stands to ours and to what the remote is known to have had.
  borrowing func standing(of remote: ObjectID?, to local: ObjectID?) throws(GitError) -> Standing {
    let known = try reference(LedgerReferences.known)
    var facts = Relationship()
    facts.hasKnown = known != nil
    facts.hasRemote = remote != nil
    facts.remoteHasKnown = try contains(remote, known)
    facts.localHasRemote = try contains(local, remote)
    facts.remoteHasLocal = try contains(remote, local)
    return Standing(
      relation: facts.relation, remote: remote?.description,
      epoch: facts.relation == .behind || facts.relation == .foreign
        ? try epoch(of: remote, since: known) : nil,
      isDisposable: try holdsOnlyEpochs(local, since: known))
  }

  /// Whether a commit contains another where either may not be there: nothing is in everything.
  private borrowing func contains(
    _ commit: ObjectID?, _ ancestor: ObjectID?
  ) throws(GitError) -> Bool {
    guard let ancestor else { return true }
    guard let commit else { return false }
    return try contains(commit, ancestor)
  }

  /// Returns the epoch that was begun behind `known`, or nil when none was.
  private borrowing func epoch(
    of remote: ObjectID?, since known: ObjectID?
  ) throws(GitError) -> Epoch? {
    let (old, new) = (try epoch(at: known), try epoch(at: remote))
    return new?.claim == old?.claim ? nil : new
  }

  /// Returns the epoch that the ledger is in at a commit.
  ///
  /// What cannot be read is not of this version; it counts as none here, and the reader of the ledger
  /// complains about it.
  borrowing func epoch(at commit: ObjectID?) throws(GitError) -> Epoch? {
    guard let commit else { return nil }
    let paths = try self.paths(of: commit, under: LedgerPaths.epochs)
    guard let number = paths.compactMap(LedgerPaths.parseEpoch).max(),
      let bytes = try file(LedgerPaths.epoch(number), of: commit)
    else { return nil }
    return try? Epoch(file: bytes, at: LedgerPaths.epoch(number))
  }

  private borrowing func holdsOnlyEpochs(
    _ tip: ObjectID?, since known: ObjectID?
  ) throws(GitError) -> Bool {
    try walk(from: tip, to: [known]) { _, commit in
      String(cString: git_commit_message(commit.pointer)).contains("\nSerin-Record: epoch-v1\n")
    } == known
  }

  /// Walks from a tip to what lies behind it, along first parents, while `body` says so and until one
  /// of `ends`.
  ///
  /// - Returns: Where the walk came to its end; nil is the root.
  borrowing func walk(
    from tip: ObjectID?, to ends: [ObjectID?],
    _ body: (ObjectID, borrowing ObjectHandle) -> Bool
  ) throws(GitError) -> ObjectID? {
    var next = tip
    while let id = next, !ends.contains(id) {
      let commit = try self.commit(id)
      guard body(id, commit) else { return id }
      next = git_commit_parent_id(commit.pointer, 0).map { ObjectID($0.pointee) }
    }
    return next
  }
}
