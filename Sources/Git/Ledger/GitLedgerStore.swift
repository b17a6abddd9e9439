package import Ledger
package import Manifests
package import Rollouts
import Threads

/// The ledger's branch in a bare repository of our own, published to a remote.
///
/// Two queues: whatever talks to the remote has its own, so that a commit, and with it a rollback,
/// never waits for the network.
package actor GitLedgerStore: LedgerStore {
  private let queue = BlockingQueue(label: "serin.git.ledger")
  let repository: RepositoryHandle
  private let publisher: LedgerPublisher?
  package nonisolated let branch: String
  private let reference: String
  private let committer: Committer
  private let signingKey: SigningKey?
  private var waiting = Backlog()
  /// A commit that the branch has although it was reported as failed, and the commit before it.
  private var stray: (commit: ObjectID, parent: ObjectID?)?
  /// Whether there is no guard before the objects, since one could not be stood.
  private var lacksGuard = false

  package nonisolated var signer: PublicKey? { signingKey?.publicKey }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    queue.asUnownedSerialExecutor()
  }

  /// Opens the repository at `repository`, making it when there is none; asks the remote nothing.
  ///
  /// It must be this store's alone: what a crash left in it is cleared away. Without a remote the
  /// ledger is kept here only. Without a key the commits are not signed.
  package init(
    remote: GitRemote?, branch: String = Defaults.ledgerBranch, repository: String,
    committer: Committer, signingKey: SigningKey? = nil, limits: LedgerLimits = .standard
  ) throws(GitError) {
    try RepositoryHandle.removeLeftovers(at: repository)
    let handle = try RepositoryHandle.own(at: repository)
    try ObjectGuard.stand(before: handle, .ledger)
    self.branch = branch
    reference = "refs/heads/\(branch)"
    try handle.setHead(reference)
    try handle.prepareForPacking()
    self.repository = handle
    self.committer = committer
    self.signingKey = signingKey
    publisher = remote.map {
      LedgerPublisher(remote: $0, branch: branch, repository: repository, limits: limits)
    }
  }

  package func compare() async throws -> Standing {
    guard let publisher else {
      return Standing(relation: .level, remote: nil, epoch: nil, isDisposable: false)
    }
    return try await publisher.compare(with: try tip())
  }

  /// Decides from what was fetched last; commits that say anything but whose epoch it is are never
  /// given up.
  package func catchUp() throws(GitError) {
    let remote = try repository.reference(LedgerReferences.seen)
    let local = try tip()
    guard let remote, try repository.standing(of: remote, to: local).canFollow else { return }
    try repository.move(reference, from: local, to: remote, because: "catch up")
    try repository.set(LedgerReferences.known, to: remote)
  }

  package func read(_ path: String) throws(GitError) -> [UInt8]? {
    guard let tip = try tip() else { return nil }
    return try repository.file(path, of: tip)
  }

  package func paths() throws(GitError) -> [String] {
    guard let tip = try tip() else { return [] }
    return try repository.paths(of: tip)
  }

  package func commit(_ changes: [LedgerChange]) throws(GitError) -> [String] {
    let parent = try tip()
    let commits = try write(changes, over: parent)
    guard let newest = commits.last else { return [] }
    do throws(GitError) {
      try repository.move(reference, from: parent, to: newest, because: "commit")
    } catch {
      stray = (newest, parent)
      _ = try? tip()
      throw error
    }
    return commits.map(\.description)
  }

  /// Writes the commits; several go into one pack, which is one durable write instead of some ten for each.
  private func write(
    _ changes: [LedgerChange], over parent: ObjectID?
  ) throws(GitError) -> [ObjectID] {
    guard changes.count > 1 else {
      return try repository.write(changes, by: committer, over: parent, signedWith: signingKey)
    }
    let writer = try PackWriter.open(repository.path)
    let commits = try writer.repository.write(
      changes, by: committer, over: parent, signedWith: signingKey)
    var objects: [ObjectID] = []
    for (change, commit) in zip(changes, commits) {
      objects += try writer.repository.objects(of: commit, at: change.files.keys.sorted())
    }
    try writer.write(objects)
    return commits
  }

  /// Returns the branch's commit.
  ///
  /// A disk that fails after the branch was moved fails the commit: whoever asked for it will make it
  /// again, and nobody may see it twice. So it is taken back first.
  func tip() throws(GitError) -> ObjectID? {
    if lacksGuard {
      try ObjectGuard.stand(before: repository, .ledger)
      lacksGuard = false
    }
    if let (commit, parent) = stray, try repository.reference(reference) == commit {
      try repository.takeBack(reference, from: commit, to: parent)
    }
    stray = nil
    return try repository.reference(reference)
  }

  package func publish() async throws -> Publication {
    guard let publisher else { return .nothingToPublish }
    let outcome = try await publisher.publish(followed().pushes)
    if case .published = outcome { giveBack() }
    return outcome
  }

  /// Gives back what was read; what was published is published, whatever comes of it.
  private func giveBack() {
    lacksGuard = true
    do throws(GitError) {
      try repository.giveBack(.ledger)
      lacksGuard = false
    } catch {
      // `tip` stands a guard before anything else is read.
    }
  }

  /// Without a remote nothing waits for it.
  package func backlog() throws(GitError) -> [Instant] {
    guard publisher != nil else { return [] }
    return try followed().entries.map(\.date)
  }

  private func followed() throws(GitError) -> Backlog {
    try waiting.follow(
      tip(), known: repository.reference(LedgerReferences.known), in: repository)
    return waiting
  }

  /// Without a remote the local branch is the published one.
  package func publishedEpoch() throws(GitError) -> Epoch? {
    try repository.epoch(
      at: publisher == nil ? tip() : repository.reference(LedgerReferences.known))
  }

  package func showLife(_ number: Int) async throws { try await publisher?.showLife(number) }

  package func rescue(to branch: String) async throws {
    guard let publisher, let tip = try tip() else { return }
    try await publisher.rescue(tip, to: branch)
  }

  // MARK: For adopting a history

  func commits(of local: ObjectID, missingIn remote: ObjectID) throws(GitError) -> Int {
    try repository.count(of: local, since: remote)
  }

  /// Moves the branch to the remote's history; ours stays under a name of its own.
  func give(_ local: ObjectID, wayTo remote: ObjectID) throws(GitError) {
    try repository.set(LedgerReferences.kept + local.description, to: local)
    try repository.move(reference, from: local, to: remote, because: "adopt")
    try repository.set(LedgerReferences.known, to: remote)
  }

  /// Lets the next push make the branch anew.
  func takeOurs(_ local: ObjectID) throws(GitError) -> TakenHistory {
    try repository.remove(LedgerReferences.known)
    return TakenHistory(
      side: .ours, tip: local.description, left: nil, leftCommits: 0, keptAt: nil)
  }
}
