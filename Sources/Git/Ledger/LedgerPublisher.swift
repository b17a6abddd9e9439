import Ledger
import Manifests
import Threads

/// The part of a ledger that talks to the remote.
///
/// A plain push of a descendant is the compare-and-swap between controllers: it is never forced, and
/// it is made only over the commit that the remote is known to have had.
actor LedgerPublisher {
  private let queue = BlockingQueue(label: "serin.git.ledger.publish")
  private let remote: GitRemote
  private let reference: String
  /// Where the owner of the branch shows that it lives: no branch, so that no clone has it.
  private let signOfLife: String
  private let repository: String
  private let limits: LedgerLimits
  /// What the remote's branch holds that is too large, so that it does not come again and again.
  private var refused: LedgerFetch.Excess?

  nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

  init(
    remote: GitRemote, branch: String, repository: String, limits: LedgerLimits = .standard
  ) {
    self.remote = remote
    reference = "refs/heads/\(branch)"
    signOfLife = "refs/serin/lease/\(branch)"
    self.repository = repository
    self.limits = limits
  }

  /// Returns the tip of the remote's branch, with everything before it here, or nil without one.
  func fetch() throws(GitError) -> ObjectID? {
    let answer = try fetch(into: RepositoryHandle.ledger(at: repository))
    if let excess = answer.excess { throw excess.error }
    return answer.tip
  }

  /// Fetches, and says how the remote's branch stands to `tip`.
  func compare(with tip: ObjectID?) throws(GitError) -> Standing {
    let handle = try RepositoryHandle.ledger(at: repository)
    return try judge(fetch(into: handle), tip, in: handle)
  }

  /// Points the sign of life to another one of a few small commits, which are always the same.
  ///
  /// So nothing grows, here or there. It is the one reference that is replaced by force.
  func showLife(_ number: Int) throws(GitError) {
    let handle = try RepositoryHandle.ledger(at: repository)
    let sign = try handle.write(
      ["README": Array(Self.lifeText.utf8)], message: "sign of life \(number % Self.signs)\n",
      by: Committer(), seconds: 0, over: nil,
      signedWith: nil)
    try handle.set(LedgerReferences.life, to: sign)
    let refusal = try handle.withRemote(remote, to: "push to") { (connection) throws(GitError) in
      try connection.push("+\(LedgerReferences.life)", to: signOfLife, over: .anything)
    }
    if let refusal { throw GitError(.other(-1), "push to \(remote)", refusal) }
  }

  /// So many that whoever was away for days does not take the same one for silence.
  private static let signs = 256
  private static let lifeText = """
    A controller of serin shows with this reference that it lives while it has nothing to publish. It is
    moved now and then, and what it points to means nothing.

    """

  /// Pushes commits one after the other, each of which follows from the one before.
  ///
  /// What one push has brought is remembered before the next, so that a large backlog gets smaller
  /// however often it is interrupted.
  func publish(_ pushes: [ObjectID]) throws(GitError) -> Publication {
    let handle = try RepositoryHandle.ledger(at: repository)
    guard let tip = pushes.last else { return .nothingToPublish }
    var commits = 0
    for next in pushes {
      let outcome = try publish(next, of: tip, in: handle)
      guard case .published(let count) = outcome else { return outcome }
      commits += count
      // Of a push whose answer was lost, the remote may turn out to have had more.
      guard try handle.reference(LedgerReferences.known) == next else { break }
      // A controller that is to end pushes the rest at its next start.
      if Task.isCancelled { break }
    }
    return .published(commits: commits)
  }

  private func publish(
    _ next: ObjectID, of tip: ObjectID, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Publication {
    let before = try handle.reference(LedgerReferences.known)
    try handle.set(LedgerReferences.outgoing, to: next)
    let outcome = push(to: reference, over: before, from: handle)
    guard case .accepted = outcome else {
      return try resolve(outcome, tip, before: before, in: handle)
    }
    try handle.set(LedgerReferences.known, to: next)
    return .published(commits: try handle.count(of: next, since: before))
  }

  /// Pushes a commit, and what leads to it, to a branch that is for safekeeping alone, unless that is
  /// done already.
  func rescue(_ tip: ObjectID, to branch: String) throws(GitError) {
    let handle = try RepositoryHandle.ledger(at: repository)
    var backlog = Backlog()
    try backlog.follow(tip, known: handle.reference(LedgerReferences.rescued), in: handle)
    for next in backlog.pushes {
      try handle.set(LedgerReferences.outgoing, to: next)
      switch push(to: "refs/heads/\(branch)", over: nil, checks: false, from: handle) {
      case .accepted: try handle.set(LedgerReferences.rescued, to: next)
      case .failed(let error): throw error
      case .refused(let reason): throw GitError(.other(-1), "push to \(remote)", reason)
      }
    }
  }

  private enum PushOutcome {
    case accepted
    case refused(String)
    case failed(GitError)
  }

  private func push(
    to target: String, over expected: ObjectID?, checks: Bool = true,
    from handle: borrowing RepositoryHandle
  ) -> PushOutcome {
    do throws(GitError) {
      let reason = try handle.withRemote(remote, to: "push to") { (connection) throws(GitError) in
        try connection.push(
          LedgerReferences.outgoing, to: target, over: checks ? .exactly(expected) : .anything)
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
    let answer = try fetchAgain(after: outcome, into: handle)
    let standing = try judge(answer, tip, in: handle)
    guard standing.relation == .level else { return .moved(standing) }
    if let now = answer.tip, now != before {
      return .published(commits: try handle.count(of: now, since: before))
    }
    switch outcome {
    case .refused(let reason): return .refused(reason)
    case .failed(let error): throw error
    case .accepted: preconditionFailure("an accepted push has nothing to resolve")
    }
  }

  /// Says how the remote's branch stands to `tip`; what is too large to be read is not to be obeyed.
  private func judge(
    _ answer: LedgerFetch.Answer, _ tip: ObjectID?, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Standing {
    var standing: Standing
    do throws(GitError) {
      if let excess = answer.excess { throw excess.error }
      standing = try acknowledged(answer.tip, tip, in: handle)
    } catch {
      guard let excess = error.excess, let remote = answer.tip?.description else { throw error }
      standing = .unreadable(at: remote, .tooLarge(excess, at: remote))
    }
    standing.life = answer.life?.description
    return standing
  }

  /// Judges the remote's tip, and remembers what it proves to have arrived.
  private func acknowledged(
    _ now: ObjectID?, _ tip: ObjectID?, in handle: borrowing RepositoryHandle
  ) throws(GitError) -> Standing {
    let standing = try handle.standing(of: now, to: tip)
    if let now, standing.relation == .level { try handle.set(LedgerReferences.known, to: now) }
    return standing
  }

  /// Asks the remote; when it cannot be asked, the push's own error is the one to report.
  private func fetchAgain(
    after outcome: PushOutcome, into handle: borrowing RepositoryHandle
  ) throws(GitError) -> LedgerFetch.Answer {
    do throws(GitError) {
      return try fetch(into: handle)
    } catch {
      guard error.kind != .tooLarge, case .failed(let cause) = outcome else { throw error }
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

  private func fetch(
    into handle: borrowing RepositoryHandle
  ) throws(GitError) -> LedgerFetch.Answer {
    let fetch = LedgerFetch(
      remote: remote, reference: reference, signOfLife: signOfLife, repository: repository,
      limits: limits, refused: refused)
    let answer = try fetch.run(into: handle)
    refused = answer.excess
    return answer
  }
}

/// What the ledger's repository remembers of its remote, beside the branch.
enum LedgerReferences {
  /// The remote's branch as it was last seen.
  static let seen = "refs/serin/ledger-remote"
  /// What the remote is known to have had of ours.
  static let known = "refs/serin/ledger-known"
  /// Up to where our branch was verified.
  static let verified = "refs/serin/ledger-verified"
  /// The commit being pushed: the branch itself may move on meanwhile.
  static let outgoing = "refs/serin/ledger-outgoing"
  /// The sign of life that was shown last.
  static let life = "refs/serin/ledger-life"
  /// What was pushed to another branch for safekeeping.
  static let rescued = "refs/serin/ledger-rescued"
  /// Where commits of ours stay that gave way to the remote's.
  static let kept = "refs/serin/kept/"
}
