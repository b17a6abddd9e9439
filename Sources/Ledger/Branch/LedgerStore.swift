package import Rollouts

/// The ledger's branch in a repository of our own: read at the local tip, append, publish.
package protocol LedgerStore: Sendable {
  /// The name of the branch, here and at the remote.
  var branch: String { get }
  /// The key that signs the commits, or nil when they are not signed.
  var signer: PublicKey? { get }
  /// Verifies what is here, before anything is read; a store that believes its branch does nothing.
  func verify() async throws
  /// Asks the remote how its branch stands to ours; moves nothing here. Bounded in time.
  func compare() async throws -> Standing
  /// Takes over what `compare` found, where nothing of ours is lost by it but claims that never were.
  func catchUp() async throws
  /// Returns the contents of a file at the local tip, or nil when there is none.
  func read(_ path: String) async throws -> [UInt8]?
  /// Returns the paths of all files at the local tip, in order.
  func paths() async throws -> [String]
  /// Commits one change after the other over the local tip, durably: on disk and fsynced when it returns.
  ///
  /// All of them or none: the branch moves once, and what fails leaves it where it was.
  ///
  /// - Returns: The new commits' names, in the order of the changes.
  func commit(_ changes: [LedgerChange]) async throws -> [String]
  /// Pushes what is not published yet, as a plain fast-forward over what the remote is known to have;
  /// never forced, and never over a branch that is gone. Bounded in time: a large backlog goes out in
  /// several pushes, and each of them is.
  func publish() async throws -> Publication
  /// Returns the dates of the commits that the remote is not known to have, oldest first.
  func backlog() async throws -> [Instant]
  /// Returns the epoch that the remote is known to be in, or nil when it never had one.
  func publishedEpoch() async throws -> Epoch?
  /// Shows beside the remote's branch that its owner lives, with another number than the last time; 256
  /// of them differ.
  func showLife(_ number: Int) async throws
  /// Pushes the local tip to another branch, for safekeeping; never forced.
  func rescue(to branch: String) async throws
}

extension LedgerStore {
  package func verify() async throws {}

  /// Commits one change, as `commit` does with several.
  package func commit(_ change: LedgerChange) async throws -> String {
    let commits = try await commit([change])
    precondition(commits.count == 1, "one change is one commit")
    return commits[0]
  }
}

/// One commit to be made.
package struct LedgerChange: Equatable, Sendable {
  /// Whole contents by path; a file that is not named stays as it is.
  package let files: [String: [UInt8]]
  package let message: String
  package let date: Instant

  package init(files: [String: [UInt8]], message: String, date: Instant) {
    self.files = files
    self.message = message
    self.date = date
  }
}

/// How publishing ended.
package enum Publication: Equatable, Sendable {
  case nothingToPublish
  case published(commits: Int)
  /// The remote is not where we left it: nothing was pushed.
  case moved(Standing)
  /// The remote refused the push: a hook, or a protected branch.
  case refused(String)
}
