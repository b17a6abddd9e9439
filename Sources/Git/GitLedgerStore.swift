package import Ledger
import Rollouts
import Threads

/// The ledger's branch in a bare repository of our own, published to a remote.
///
/// Two queues: whatever talks to the remote has its own, so that a commit, and with it a rollback,
/// never waits for the network.
package actor GitLedgerStore: LedgerStore {
  private let queue = BlockingQueue(label: "serin.git.ledger")
  private let repository: RepositoryHandle
  private let publisher: LedgerPublisher?
  private let reference: String
  private let committer: Committer
  private let signingKey: SigningKey?

  package nonisolated var signer: PublicKey? { signingKey?.publicKey }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    queue.asUnownedSerialExecutor()
  }

  /// Opens the repository at `repository`, making it when there is none; asks the remote nothing.
  ///
  /// It must be this store's alone: what a crash left in it is cleared away. Without a remote the
  /// ledger is kept here only. Without a key the commits are not signed.
  package init(
    remote: GitRemote?, branch: String = "serin/ledger", repository: String, committer: Committer,
    signingKey: SigningKey? = nil
  ) throws(GitError) {
    try RepositoryHandle.removeLeftovers(at: repository)
    let handle = try RepositoryHandle.own(at: repository)
    reference = "refs/heads/\(branch)"
    try handle.setHead(reference)
    self.repository = handle
    self.committer = committer
    self.signingKey = signingKey
    publisher = remote.map { LedgerPublisher(remote: $0, branch: branch, repository: repository) }
  }

  /// Brings in what the remote has; commits that are not published yet are never given up.
  ///
  /// Where both sides have commits the local ones stay, and `publish` reports the divergence.
  package func synchronize() async throws {
    guard let publisher, let remote = try await publisher.fetch() else { return }
    let local = try repository.reference(reference)
    guard local != remote else { return }
    if let local, try !repository.contains(remote, local) { return }
    try repository.move(reference, from: local, to: remote, because: "synchronize")
  }

  package func read(_ path: String) throws(GitError) -> [UInt8]? {
    guard let tip = try repository.reference(reference) else { return nil }
    return try repository.file(path, of: tip)
  }

  package func paths() throws(GitError) -> [String] {
    guard let tip = try repository.reference(reference) else { return [] }
    return try repository.paths(of: tip)
  }

  package func commit(_ change: LedgerChange) throws(GitError) -> String {
    let parent = try repository.reference(reference)
    let milliseconds = change.date.milliseconds
    let commit = try repository.write(
      change.files, message: change.message, by: committer,
      // Rounded down, also before 1970.
      seconds: milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000, over: parent,
      signedWith: signingKey)
    try repository.move(reference, from: parent, to: commit, because: "commit")
    return commit.description
  }

  package func publish() async throws -> Publication {
    guard let publisher, let tip = try repository.reference(reference) else {
      return .nothingToPublish
    }
    return try await publisher.publish(tip)
  }
}
