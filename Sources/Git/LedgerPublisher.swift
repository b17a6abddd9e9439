import Ledger
import Threads

/// The part of a ledger that talks to the remote.
///
/// A plain push of a descendant is the compare-and-swap between controllers: it is never forced.
actor LedgerPublisher {
  private let queue = BlockingQueue(label: "serin.git.ledger.publish")
  private let remote: GitRemote
  private let reference: String
  private let repository: String

  /// The remote's branch as it was last seen.
  private static let seen = "refs/serin/ledger-remote"
  /// The commit being pushed: the branch itself may move on meanwhile.
  private static let outgoing = "refs/serin/ledger-outgoing"

  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  init(remote: GitRemote, branch: String, repository: String) {
    self.remote = remote
    reference = "refs/heads/\(branch)"
    self.repository = repository
  }

  /// Returns the tip of the remote's branch, with everything before it here, or nil without one.
  func fetch() throws(GitError) -> ObjectID? {
    try fetch(into: RepositoryHandle.bare(at: repository))
  }

  func publish(_ tip: ObjectID) throws(GitError) -> Publication {
    let handle = try RepositoryHandle.bare(at: repository)
    let before = try handle.reference(Self.seen)
    guard before != tip else { return .nothingToPublish }
    try handle.set(Self.outgoing, to: tip)
    let outcome = push(from: handle)
    guard case .accepted = outcome else {
      return try resolve(outcome, tip, before: before, in: handle)
    }
    try handle.set(Self.seen, to: tip)
    return .published(commits: try handle.count(of: tip, since: before))
  }

  private enum PushOutcome {
    case accepted
    case refused(String)
    case failed(GitError)
  }

  private func push(from handle: borrowing RepositoryHandle) -> PushOutcome {
    do throws(GitError) {
      let reason = try handle.withRemote(remote, to: "push to") { (connection) throws(GitError) in
        try connection.push(Self.outgoing, to: reference)
      }
      return reason.map { .refused($0) } ?? .accepted
    } catch {
      return .failed(error)
    }
  }

  /// Looks at the remote after a push that was not accepted: its answer alone does not say why.
  ///
  /// A refusal may be a hook's or a race that was lost, and an answer that never came may belong to
  /// a push that succeeded.
  private func resolve(
    _ outcome: PushOutcome, _ tip: ObjectID, before: ObjectID?,
    in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Publication {
    if case .failed(let error) = outcome, !Self.mayHaveArrived(error) { throw error }
    if let now = try fetchAgain(after: outcome, into: handle) {
      if now == tip { return .published(commits: try handle.count(of: tip, since: before)) }
      guard try handle.contains(tip, now) else { return .diverged(remote: now.description) }
    }
    switch outcome {
    case .refused(let reason): return .refused(reason)
    case .failed(let error): throw error
    case .accepted: preconditionFailure("an accepted push has nothing to resolve")
    }
  }

  /// Returns the remote's tip; when it cannot be asked, the push's own error is the one to report.
  private func fetchAgain(
    after outcome: PushOutcome, into handle: borrowing RepositoryHandle
  ) throws(GitError) -> ObjectID? {
    do throws(GitError) {
      return try fetch(into: handle)
    } catch {
      guard case .failed(let cause) = outcome else { throw error }
      throw cause
    }
  }

  /// Whether the remote should be asked about a push that failed.
  ///
  /// Not after a timeout: the time that publishing may take is used up, and the next push of the
  /// same commit finds out.
  private static func mayHaveArrived(_ error: GitError) -> Bool {
    switch error.kind {
    case .nonFastForward, .conflict, .connection, .other: true
    default: false
    }
  }

  private func fetch(into handle: borrowing RepositoryHandle) throws(GitError) -> ObjectID? {
    try handle.withRemote(remote, to: "fetch") { (connection) throws(GitError) in
      let tip = try connection.advertisement().references[reference]
      guard let tip else {
        try handle.remove(Self.seen)
        return nil
      }
      if try handle.reference(Self.seen) != tip {
        try connection.fetch(reference, into: Self.seen)
      }
      return try handle.reference(Self.seen)
    }
  }
}
