/// How much of a ledger is taken from a remote in one fetch.
///
/// Others may push to a ledger's branch, too. What is over ends the fetch, and everything that is here goes on.
package struct LedgerLimits: Equatable, Sendable {
  /// For a repository that has nothing of the branch yet.
  let first: TransferLimits
  /// For what is new since then.
  let later: TransferLimits

  package init(first: TransferLimits, later: TransferLimits) {
    (self.first, self.later) = (first, later)
  }

  /// A record is some six objects and a few kilobytes.
  ///
  /// A first fetch brings three million of them, the decisions of many years, and takes up to 4 GB of memory.
  /// A later one brings what happened while this controller was away: 300,000 records are a month of a
  /// thousand deployments with ten decisions a day.
  package static let standard = LedgerLimits(
    first: TransferLimits(bytes: 4 << 30, objects: 20_000_000, unpacked: 64 << 30),
    later: TransferLimits(bytes: 1 << 30, objects: 2_000_000, unpacked: 8 << 30))
}

extension ObjectLimits {
  /// What controllers write.
  ///
  /// A record is small, and its evidence may be as large as the largest file that is read. A folder has an
  /// entry for each record of a deployment: 64 MB are a million of them.
  static let ledger = ObjectLimits(
    commit: 1 << 20, tree: 64 << 20, blob: RepositoryHandle.largestFile)
}

extension RepositoryHandle {
  /// Opens our own repository of a ledger, with a guard before its objects.
  static func ledger(at path: String) throws(GitError) -> RepositoryHandle {
    try guarded(at: path, by: .ledger)
  }
}
