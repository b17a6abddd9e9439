import CGit2
package import Control
package import Ledger
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
  private let rules: SourceRules

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
    remote: GitRemote, branch: String? = nil, path: String = "", repository: String,
    rules: SourceRules = SourceRules(), limits: TransferLimits = .manifests
  ) throws(GitError) {
    try RepositoryHandle.removeLeftovers(at: repository)
    let handle = try RepositoryHandle.own(at: repository)
    try ObjectGuard.stand(before: handle, .manifests)
    self.repository = handle
    self.path = path
    self.rules = rules
    fetcher = SourceFetcher(
      remote: remote, branch: branch, path: path, repository: repository, rules: rules,
      limits: limits)
  }

  package func fetch() async throws -> Tip? { try await fetcher.fetch() }

  package func entries(at commit: String) throws(GitError) -> [TreeEntry] {
    try repository.giveBack(.manifests)
    let commit = try ObjectID(commit)
    guard let entry = try repository.entry(at: path, of: commit) else { return [] }
    let below = RepositoryHandle.normalised(path) ?? ""
    guard entry.mode != GIT_FILEMODE_TREE.rawValue else {
      return FolderWalk.entries(below: below, entry.id.raw, in: repository)
    }
    let size = try repository.header(of: entry.id.raw).size
    return [TreeEntry(path: below, kind: .file, blob: entry.id.description, size: size)]
  }

  package func read(_ blob: String) throws(GitError) -> [UInt8] {
    try repository.contents(of: ObjectID(blob).raw, limit: Self.blobLimit)
  }

  package func lastChanges(
    of path: String, since base: String?, until tip: String
  ) throws(GitError) -> [SourceChange]? {
    let found = try lastCommits(changing: path, since: base, until: ObjectID(tip))
    guard found.areAll else { return nil }
    var changes: [SourceChange] = []
    for (id, paths) in found.commits { changes.append(try change(id, paths)) }
    return changes
  }

  /// Since a commit that history does not lead back to, nothing is known; what is there has an origin.
  private func lastCommits(
    changing path: String, since base: String?, until tip: ObjectID
  ) throws(GitError) -> ChangingCommits {
    guard let base = base.flatMap({ try? ObjectID($0) }),
      repository.descent(of: tip, from: base) != .no
    else { return try repository.lastCommits(changing: [path], until: tip) }
    return try repository.lastCommits(changing: path, since: base, until: tip)
  }

  private func change(_ id: ObjectID, _ paths: [String]) throws(GitError) -> SourceChange {
    SourceChange(
      commit: id.description, author: try repository.description(of: id).author, paths: paths,
      signer: try repository.signer(of: id, among: rules.signers()))
  }

  package func changes(
    of paths: [String], since base: String?, until tip: String
  ) throws(GitError) -> SourceChanges {
    let found = try commits(changing: paths, since: base, until: ObjectID(tip))
    var listed: [SourceChange] = []
    for (id, paths) in found.commits.prefix(SourceChanges.mostListed) {
      listed.append(try change(id, paths))
    }
    return SourceChanges(
      listed: listed, more: found.areAll ? found.commits.count - listed.count : nil)
  }

  private func commits(
    changing paths: [String], since base: String?, until tip: ObjectID
  ) throws(GitError) -> ChangingCommits {
    guard let base else { return try repository.lastCommits(changing: paths, until: tip) }
    if let name = try? ObjectID(base), let base = try repository.commit(named: name.description) {
      let found = try repository.commits(changing: paths, since: base, until: tip)
      if found.areAll || !found.commits.isEmpty { return found }
    }
    // History was rewritten: who wrote what is there now is known, and not who took away what was.
    var last = try repository.lastCommits(changing: paths, until: tip)
    last.areAll = false
    return last
  }
}
