import CGit2
import Control
import Ledger
import Threads

/// The part of a source that talks to the remote.
actor SourceFetcher {
  private let queue = BlockingQueue(label: "serin.git.source.fetch")
  private let remote: GitRemote
  private let branch: String?
  private let path: String
  private let repository: String
  private let rules: SourceRules
  private let limits: TransferLimits
  /// What was refused last, so that it is not judged at each fetch.
  private var refused: (question: Question, refusal: CommitRefusal)?
  /// The last tip that was too large, or came with what is: it would be so again.
  private var excess: (tip: ObjectID, error: GitError)?

  /// What a refusal is the answer to.
  private struct Question: Equatable {
    let tip: ObjectID
    let accepted: ObjectID
    /// Which reading of the signers' files it was judged by.
    let signers: Int
  }

  /// Where fetched branches are kept; not below refs/heads, since they are not ours.
  private static let namespace = "refs/serin/source/"
  /// Where the last commit of each is kept that the operator's rules let through.
  private static let accepted = "refs/serin/accepted/"

  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  init(
    remote: GitRemote, branch: String?, path: String, repository: String,
    rules: SourceRules, limits: TransferLimits
  ) {
    self.remote = remote
    self.branch = branch
    self.path = path
    self.repository = repository
    self.rules = rules
    self.limits = limits
  }

  func fetch() throws(GitError) -> Tip? {
    let handle = try RepositoryHandle.guarded(at: repository, by: .manifests)
    return try fetch(into: handle)
  }

  private func fetch(into handle: borrowing RepositoryHandle) throws(GitError) -> Tip? {
    guard let update = try update(handle) else { return nil }
    guard rules.haveConditions else {
      return try tip(update.new, before: update.old, update.excess, in: handle)
    }
    return try accept(update, in: handle)
  }

  /// Where a branch was, and where it is now.
  private struct Update {
    let branch: String
    let old: ObjectID?
    /// What is here of it: the old one when the remote's tip is too large.
    let new: ObjectID
    let excess: CommitRefusal?
  }

  private func update(_ handle: borrowing RepositoryHandle) throws(GitError) -> Update? {
    let operation = RemoteOperation("fetch", remote)
    operation.limits = limits
    guard remote.address.scheme != .file else { return try copy(operation, handle) }
    operation.haves = try haves(handle)
    let objects = try RepositoryHandle.withoutReferences(in: repository)
    try ObjectGuard.stand(before: objects, .manifests)
    return try objects.withRemote(operation) { (connection) throws(GitError) in
      let advertisement = try connection.advertisement()
      let source = self.source(for: advertisement.defaultReference)
      let tip = advertisement[source]
      return try update(handle, source, to: tip) { _ throws(GitError) in
        try connection.download(source)
      }
    }
  }

  /// Updates from a repository on this machine.
  private func copy(
    _ operation: RemoteOperation, _ handle: borrowing RepositoryHandle
  ) throws(GitError) -> Update? {
    try operation.requireFolder()
    let there = try RepositoryHandle.present(at: remote.address.path)
    try ObjectGuard.stand(before: there, .manifests)
    let source = self.source(for: try there.headReference())
    let tip = try there.reference(source)
    return try update(handle, source, to: tip) { tip throws(GitError) in
      try ObjectCopy.copy(tip, from: there, to: handle, operation, within: limits)
    }
  }

  private func update(
    _ handle: borrowing RepositoryHandle, _ source: String, to tip: ObjectID?,
    _ bring: (ObjectID) throws(GitError) -> Void
  ) throws(GitError) -> Update? {
    let branch = String(source.dropFirst("refs/heads/".count))
    let target = Self.namespace + branch
    try removeOthers(than: target, under: Self.namespace, in: handle)
    guard let tip else {
      try handle.remove(target)
      return nil
    }
    let old = try handle.reference(target)
    do throws(GitError) {
      if old != tip {
        try take(tip, in: handle, bring)
        try handle.set(target, to: tip)
      }
      return Update(branch: branch, old: old, new: tip, excess: nil)
    } catch {
      guard let old, let reason = error.excess else { throw error }
      let refusal = CommitRefusal(commit: tip.description, reason: "\(reason); \(Self.remedy)")
      return Update(branch: branch, old: old, new: old, excess: refusal)
    }
  }

  private static let remedy =
    "push a commit over it or, if that is not followed either, take it off the branch at the host"

  /// Brings a tip that can be read; what was too large once is not asked for again.
  private func take(
    _ tip: ObjectID, in handle: borrowing RepositoryHandle,
    _ bring: (ObjectID) throws(GitError) -> Void
  ) throws(GitError) {
    if let excess, excess.tip == tip { throw excess.error }
    do throws(GitError) {
      try bring(tip)
      _ = try handle.description(of: tip)
    } catch {
      if error.kind == .tooLarge { excess = (tip, error) }
      throw error
    }
  }

  /// What is here of the branches that were fetched, so that it does not come again.
  private func haves(_ handle: borrowing RepositoryHandle) throws(GitError) -> Haves {
    var commits: [ObjectID] = []
    for name in try handle.references(under: Self.namespace) {
      guard let tip = try handle.reference(name) else { continue }
      commits += handle.line(from: tip, most: Haves.most)
    }
    return Haves(commits)
  }

  /// Follows a tip that the operator's rules let through; otherwise stays at the last one that was accepted.
  private func accept(
    _ update: Update, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Tip {
    let (new, name) = (update.new, Self.accepted + update.branch)
    try removeOthers(than: name, under: Self.accepted, in: handle)
    let old = try handle.reference(name)
    guard let refusal = try refusal(of: new, after: old, in: handle) else {
      try handle.set(name, to: new)
      return try tip(new, before: old, update.excess, in: handle)
    }
    guard let old else {
      throw GitError(.invalid, "accept the commit \(refusal.commit)", refusal.reason)
    }
    return try tip(old, before: old, refusal, in: handle)
  }

  private func refusal(
    of new: ObjectID, after old: ObjectID?, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> CommitRefusal? {
    let question = old.map { Question(tip: new, accepted: $0, signers: rules.reading()) }
    if let refused, refused.question == question { return refused.refusal }
    let refusal = try rules.refusal(of: new, after: old, under: path, in: handle)
    refused = refusal.flatMap { refusal in question.map { ($0, refusal) } }
    return refusal
  }

  /// Returns the reference to follow: the one that was asked for, or what the remote calls its own.
  private func source(for head: String?) -> String {
    if let branch { return "refs/heads/\(branch)" }
    guard let name = head, name.hasPrefix("refs/heads/") else {
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
    var (rewrittenFrom, unreadable): (ObjectID?, CommitRefusal?)
    switch old.map({ handle.descent(of: new, from: $0) }) {
    case .no: rewrittenFrom = old
    case .unknown(let commit): unreadable = commit
    case .yes, nil: break
    }
    let (author, message) = try handle.description(of: new)
    return Tip(
      commit: new.description, author: author, message: message,
      rewrittenFrom: rewrittenFrom?.description,
      signer: try handle.signer(of: new, among: rules.signers()), refusal: refusal,
      unreadable: unreadable)
  }
}
