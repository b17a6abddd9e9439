package import Control
import Threads

/// Manifests from one branch of a git repository, read out of a bare clone of our own.
///
/// Two queues: the fetch, which may wait for its server as long as the remote's timeout, has its own,
/// so that reading what is already here never waits.
package actor GitSource: Source {
  private let queue = BlockingQueue(label: "serin.git.source")
  private let repository: RepositoryHandle
  private let fetcher: SourceFetcher
  private let path: String

  /// A manifest is a few kilobytes; this is what is read at most of anything a team commits.
  private static let blobLimit = 1 << 20

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    queue.asUnownedSerialExecutor()
  }

  /// Opens the clone at `repository`, making it when there is none; asks the remote nothing yet.
  ///
  /// A `branch` of nil follows the remote's own HEAD; a `path` of "" or "." is the whole tree. The
  /// clone must be this source's alone: what a crash left in it is cleared away.
  package init(
    remote: GitRemote, branch: String? = nil, path: String = "", repository: String
  ) throws(GitError) {
    try RepositoryHandle.removeLeftovers(at: repository)
    self.repository = try RepositoryHandle.own(at: repository)
    self.path = path
    fetcher = SourceFetcher(remote: remote, branch: branch, repository: repository)
  }

  package func fetch() async throws -> Tip? { try await fetcher.fetch() }

  package func entries(at commit: String) throws(GitError) -> [TreeEntry] {
    try repository.entries(of: ObjectID(commit), under: path, within: .manifests)
  }

  package func read(_ blob: String) throws(GitError) -> [UInt8] {
    try repository.contents(of: ObjectID(blob), limit: Self.blobLimit)
  }
}

/// The part of a source that talks to the remote.
private actor SourceFetcher {
  private let queue = BlockingQueue(label: "serin.git.source.fetch")
  private let remote: GitRemote
  private let branch: String?
  private let repository: String

  /// Where fetched branches are kept; not below refs/heads, since they are not ours.
  private static let namespace = "refs/serin/source/"

  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  init(remote: GitRemote, branch: String?, repository: String) {
    self.remote = remote
    self.branch = branch
    self.repository = repository
  }

  func fetch() throws(GitError) -> Tip? {
    try fetch(into: RepositoryHandle.bare(at: repository))
  }

  private func fetch(into handle: borrowing RepositoryHandle) throws(GitError) -> Tip? {
    try handle.withRemote(remote, to: "fetch") { (connection) throws(GitError) in
      let advertisement = try connection.advertisement()
      let source = self.source(in: advertisement)
      let target = Self.namespace + source.dropFirst("refs/heads/".count)
      try removeOthers(than: target, in: handle)
      guard let tip = advertisement.references[source] else {
        try handle.remove(target)
        return nil
      }
      let old = try handle.reference(target)
      if old != tip { try connection.fetch(source, into: target) }
      guard let new = try handle.reference(target) else { return nil }
      return try self.tip(new, before: old, in: handle)
    }
  }

  /// Returns the reference to follow: the one that was asked for, or what the remote calls its own.
  private func source(in advertisement: RemoteHandle.Advertisement) -> String {
    if let branch { return "refs/heads/\(branch)" }
    guard let name = advertisement.defaultReference, name.hasPrefix("refs/heads/") else {
      return "refs/heads/main"
    }
    return name
  }

  /// A branch followed before would be in the way of one like "main/next".
  private func removeOthers(
    than target: String, in handle: borrowing RepositoryHandle
  ) throws(GitError) {
    for name in try handle.references(under: Self.namespace) where name != target {
      try handle.remove(name)
    }
  }

  private func tip(
    _ new: ObjectID, before old: ObjectID?, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Tip {
    var rewrittenFrom: ObjectID?
    if let old, try !handle.contains(new, old) { rewrittenFrom = old }
    let (author, message) = try handle.description(of: new)
    return Tip(
      commit: new.description, author: author, message: message,
      rewrittenFrom: rewrittenFrom?.description)
  }
}
