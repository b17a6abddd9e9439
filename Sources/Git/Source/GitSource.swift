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
  private let signers: SourceSigners?

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
    signatures: Signatures = Signatures()
  ) throws(GitError) {
    try RepositoryHandle.removeLeftovers(at: repository)
    self.repository = try RepositoryHandle.own(at: repository)
    self.path = path
    signers = signatures.signers
    fetcher = SourceFetcher(
      remote: remote, branch: branch, path: path, repository: repository, signatures: signatures)
  }

  /// What is asked of the signatures of commits.
  package struct Signatures: Sendable {
    let signers: SourceSigners?
    let areRequired: Bool

    package init(by signers: SourceSigners? = nil, areRequired: Bool = false) {
      self.signers = signers
      self.areRequired = areRequired
    }
  }

  package func fetch() async throws -> Tip? { try await fetcher.fetch() }

  package func entries(at commit: String) throws(GitError) -> [TreeEntry] {
    try repository.entries(of: ObjectID(commit), under: path, within: .manifests)
  }

  package func read(_ blob: String) throws(GitError) -> [UInt8] {
    try repository.contents(of: ObjectID(blob).raw, limit: Self.blobLimit)
  }

  package func changes(
    of paths: [String], since base: String?, until tip: String
  ) throws(GitError) -> SourceChanges {
    let found = try commits(changing: paths, since: base, until: ObjectID(tip))
    var listed: [SourceChange] = []
    for (id, paths) in found.commits.prefix(SourceChanges.mostListed) {
      listed.append(
        SourceChange(
          commit: id.description, author: try repository.description(of: id).author, paths: paths,
          signer: try repository.signer(of: id, among: signers)))
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

/// The part of a source that talks to the remote.
private actor SourceFetcher {
  private let queue = BlockingQueue(label: "serin.git.source.fetch")
  private let remote: GitRemote
  private let branch: String?
  private let path: String
  private let repository: String
  private let signatures: GitSource.Signatures
  /// What was refused last, and after which commit, so that it is not judged at each fetch.
  private var refused: (tip: ObjectID, accepted: ObjectID, refusal: CommitRefusal)?

  /// Where fetched branches are kept; not below refs/heads, since they are not ours.
  private static let namespace = "refs/serin/source/"
  /// Where the last commit of each is kept whose signatures were right.
  private static let accepted = "refs/serin/accepted/"

  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  init(
    remote: GitRemote, branch: String?, path: String, repository: String,
    signatures: GitSource.Signatures
  ) {
    self.remote = remote
    self.branch = branch
    self.path = path
    self.repository = repository
    self.signatures = signatures
  }

  func fetch() throws(GitError) -> Tip? {
    try fetch(into: RepositoryHandle.bare(at: repository))
  }

  private func fetch(into handle: borrowing RepositoryHandle) throws(GitError) -> Tip? {
    guard let update = try update(handle) else { return nil }
    guard signatures.areRequired else {
      return try tip(update.new, before: update.old, in: handle)
    }
    return try accept(update.new, as: Self.accepted + update.branch, in: handle)
  }

  /// Where a branch was, and where it is now.
  private struct Update {
    let branch: String
    let old: ObjectID?
    let new: ObjectID
  }

  private func update(_ handle: borrowing RepositoryHandle) throws(GitError) -> Update? {
    try handle.withRemote(remote, to: "fetch") { (connection) throws(GitError) in
      let advertisement = try connection.advertisement()
      let source = self.source(in: advertisement)
      let branch = String(source.dropFirst("refs/heads/".count))
      let target = Self.namespace + branch
      try removeOthers(than: target, under: Self.namespace, in: handle)
      guard let tip = advertisement.references[source] else {
        try handle.remove(target)
        return nil
      }
      let old = try handle.reference(target)
      if old != tip { try connection.fetch(source, into: target) }
      return try handle.reference(target).map { Update(branch: branch, old: old, new: $0) }
    }
  }

  /// Follows a tip whose signatures are right; otherwise stays at the last one that was accepted.
  private func accept(
    _ new: ObjectID, as name: String, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Tip {
    try removeOthers(than: name, under: Self.accepted, in: handle)
    let old = try handle.reference(name)
    guard let refusal = try refusal(of: new, after: old, in: handle) else {
      try handle.set(name, to: new)
      return try tip(new, before: old, in: handle)
    }
    guard let old else {
      throw GitError(.invalid, "accept the commit \(refusal.commit)", refusal.reason)
    }
    return try tip(old, before: old, refusal, in: handle)
  }

  private func refusal(
    of new: ObjectID, after old: ObjectID?, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> CommitRefusal? {
    if let refused, refused.tip == new, refused.accepted == old { return refused.refusal }
    let refusal = try handle.refusal(
      of: new, after: old, under: path, signers: signatures.signers ?? .none)
    refused = refusal.flatMap { refusal in old.map { (new, $0, refusal) } }
    return refusal
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
    than target: String, under namespace: String, in handle: borrowing RepositoryHandle
  ) throws(GitError) {
    for name in try handle.references(under: namespace) where name != target {
      try handle.remove(name)
    }
  }

  private func tip(
    _ new: ObjectID, before old: ObjectID?, _ refusal: CommitRefusal? = nil,
    in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Tip {
    var rewrittenFrom: ObjectID?
    if let old, try !handle.contains(new, old) { rewrittenFrom = old }
    let (author, message) = try handle.description(of: new)
    return Tip(
      commit: new.description, author: author, message: message,
      rewrittenFrom: rewrittenFrom?.description,
      signer: try handle.signer(of: new, among: signatures.signers), refusal: refusal)
  }
}
