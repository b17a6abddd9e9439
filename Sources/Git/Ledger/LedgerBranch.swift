import CGit2
import Foundation
package import Ledger
import Manifests
package import Rollouts
import Synchronization
import Threads

/// A ledger as somebody reads it who does not write it: one commit, out of a clone or a remote.
package actor LedgerBranch: LedgerLine {
  private let queue = BlockingQueue(label: "serin.git.ledger.read")
  private let repository: RepositoryHandle
  private let tip: ObjectID
  /// The commits that `next` still has to return, newest first.
  private var line: [git_oid] = []
  private var memory = CommitMemory()
  /// Those that were read ahead, newest first: a change of threads for each would cost as much as it.
  private let ahead = Mutex<[LedgerCommit]>([])
  /// A clone made for the reading alone, removed afterwards.
  package let temporary: String?

  /// The commit that is read; later ones are not looked at.
  package nonisolated let commit: String
  /// The commit's date.
  package nonisolated let date: Instant

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    queue.asUnownedSerialExecutor()
  }

  /// Opens the ledger in an existing clone, bare or not; writes nothing there.
  ///
  /// The local branch comes before what was fetched from "origin".
  package init(clone path: String, branch: String = Defaults.ledgerBranch) throws(GitError) {
    let handle = try RepositoryHandle.clone(at: path)
    try ObjectGuard.stand(before: handle, .ledger)
    let names = ["refs/heads/\(branch)", "refs/remotes/origin/\(branch)"]
    guard let tip = try Self.first(of: names, in: handle) else {
      throw GitError(
        .notFound, "read the ledger in \(path)",
        "there is neither a branch \(branch) nor origin/\(branch); fetch it first")
    }
    let seconds = try handle.seconds(of: tip)
    self.init(handle, tip, seconds: seconds, temporary: nil)
  }

  /// Opens the history of a commit in a repository of our own.
  init(of commit: String, in repository: String) throws(GitError) {
    let handle = try RepositoryHandle.ledger(at: repository)
    let tip = try ObjectID(commit)
    let seconds = try handle.seconds(of: tip)
    self.init(handle, tip, seconds: seconds, temporary: nil)
  }

  /// Fetches the ledger from a remote into a temporary clone.
  package static func fetched(
    from remote: GitRemote, branch: String = Defaults.ledgerBranch
  ) async throws -> LedgerBranch {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "serin-ledger-\(UUID().uuidString)").path
    do {
      _ = try RepositoryHandle.own(at: folder)
      let publisher = LedgerPublisher(remote: remote, branch: branch, repository: folder)
      guard let tip = try await publisher.fetch() else {
        throw GitError(.notFound, "fetch \(remote)", "there is no branch \(branch)")
      }
      return try LedgerBranch(fetched: tip, in: folder)
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  private init(fetched tip: ObjectID, in folder: String) throws(GitError) {
    let handle = try RepositoryHandle.ledger(at: folder)
    let seconds = try handle.seconds(of: tip)
    self.init(handle, tip, seconds: seconds, temporary: folder)
  }

  private init(
    _ repository: consuming RepositoryHandle, _ tip: ObjectID, seconds: Int64, temporary: String?
  ) {
    self.repository = repository
    self.tip = tip
    self.temporary = temporary
    commit = tip.description
    date = Instant(milliseconds: seconds * 1000)
  }

  deinit {
    guard let temporary else { return }
    // Nobody is left to tell; what stays is a folder in the temporary directory.
    try? FileManager.default.removeItem(atPath: temporary)
  }

  /// Returns the contents of a file, or nil when there is none.
  package func read(_ path: String) throws(GitError) -> [UInt8]? {
    try repository.file(path, of: tip)
  }

  /// Returns the paths of all files, in order.
  package func paths() throws(GitError) -> [String] {
    try repository.paths(of: tip)
  }

  /// Begins to read history behind `base`, or at its root; `next` returns it.
  ///
  /// - Returns: How many commits there are.
  package func begin(after base: String?) throws(GitError) -> Int {
    line = try repository.line(
      to: tip, after: try base.map { base throws(GitError) in try ObjectID(base) })
    ahead.withLock { $0 = [] }
    return line.count
  }

  /// Returns the next commit, for one reader at a time.
  package nonisolated func next() async throws -> LedgerCommit? {
    if let commit = ahead.withLock({ $0.popLast() }) { return commit }
    let commits = try await read()
    return ahead.withLock {
      $0 = commits.reversed()
      return $0.popLast()
    }
  }

  private static let mostAhead = (commits: 64, bytes: 1 << 20)

  /// Reads some commits, at least one if there is any.
  private func read() throws(GitError) -> [LedgerCommit] {
    var (commits, bytes): ([LedgerCommit], Int) = ([], 0)
    while commits.count < Self.mostAhead.commits, bytes < Self.mostAhead.bytes,
      let id = line.popLast()
    {
      let commit = try repository.ledgerCommit(id, &memory)
      bytes += commit.changes.reduce(commit.object.count) { $0 + $1.contents.count }
      commits.append(commit)
    }
    return commits
  }

  /// Returns a commit by its name or the beginning of it, if history leads through it.
  package func ancestor(_ name: String) throws(GitError) -> (commit: String, seconds: Int64)? {
    guard let id = try repository.commit(named: name), try repository.contains(tip, id) else {
      return nil
    }
    return (id.description, try repository.seconds(of: id))
  }

  /// Returns a commit as git stores it, signature included.
  package func object(of commit: String) throws(GitError) -> [UInt8] {
    try repository.object(ObjectID(commit).raw)
  }

  /// Returns a reader over the files of an older commit.
  package func reader(at commit: String) throws(GitError) -> LedgerReader {
    let id = try ObjectID(commit)
    return LedgerReader(paths: try repository.paths(of: id)) { path in
      try await self.read(path, at: id)
    }
  }

  private func read(_ path: String, at commit: ObjectID) throws(GitError) -> [UInt8]? {
    try repository.file(path, of: commit)
  }

  private static func first(
    of names: [String], in handle: borrowing RepositoryHandle
  ) throws(GitError) -> ObjectID? {
    for name in names {
      if let id = try handle.reference(name) { return id }
    }
    return nil
  }
}
