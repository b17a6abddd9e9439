package import Rollouts

/// The ledger's branch in a repository of our own: read at the local tip, append, publish.
package protocol LedgerStore: Sendable {
  /// The key that signs the commits, or nil when they are not signed.
  var signer: PublicKey? { get }
  /// Brings in what the remote has; throws when the remote does not answer.
  func synchronize() async throws
  /// Returns the contents of a file at the local tip, or nil when there is none.
  func read(_ path: String) async throws -> [UInt8]?
  /// Returns the paths of all files at the local tip, in order.
  func paths() async throws -> [String]
  /// Commits files over the local tip, durably: on disk and fsynced when it returns.
  ///
  /// - Returns: The new commit's name.
  func commit(_ change: LedgerChange) async throws -> String
  /// Pushes what is not published yet, as a plain fast-forward; never forced. Bounded in time.
  func publish() async throws -> Publication
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
  /// The remote branch has commits that are not ours: nothing was pushed, and nothing will be.
  case diverged(remote: String)
  /// The remote refused the push: a hook, or a protected branch.
  case refused(String)
}
