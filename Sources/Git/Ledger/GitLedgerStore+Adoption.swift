import Control
package import Ledger

extension GitLedgerStore: AdoptingStore {
  /// Taking the remote's history moves the local branch, taking ours makes a branch anew.
  ///
  /// Ours over a branch that is there would have to be forced, and is refused.
  package func take(
    _ side: Adoption.Side, keepingAt branch: String
  ) async throws -> TakenHistory? {
    let standing = try await compare()
    if side == .remote, let tip = standing.remote, let distrust = standing.distrust {
      throw UnverifiedLedger(tip: tip, distrust: distrust)
    }
    guard standing.relation != .level, let local = try tip() else { return nil }
    switch (side, try standing.remote.map { name throws(GitError) in try ObjectID(name) }) {
    case (.remote, let remote?):
      return try await takeRemote(remote, over: local, keepingAt: branch)
    case (.ours, nil): return try takeOurs(local)
    case (.remote, nil):
      throw GitError(.notFound, "take the remote's history", "the remote has no such branch")
    case (.ours, _?):
      throw GitError(
        .conflict, "take our history",
        "the remote's branch has other commits, and nothing is forced: whoever may rename or delete "
          + "it at its host has to do so first")
    }
  }

  private func takeRemote(
    _ remote: ObjectID, over local: ObjectID, keepingAt branch: String
  ) async throws -> TakenHistory {
    let count = try commits(of: local, missingIn: remote)
    if count > 0 { try await rescue(to: branch) }
    try give(local, wayTo: remote)
    return TakenHistory(
      side: .remote, tip: remote.description, left: count > 0 ? local.description : nil,
      leftCommits: count, keptAt: count > 0 ? branch : nil)
  }
}
