import Control
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Threads

/// A controller as its ledger knows it: the real store, the real publisher, and decisions when the
/// test asks for them.
actor PublishingMachine {
  let store: any AdoptingStore
  let publisher: Publisher
  let log = CapturedLog()
  private let clock = SetClock()
  private let identity: ControllerIdentity
  private let checkpoints: CheckpointFolder
  private var head = LedgerHead()
  private var deployment = RestlessDeployment(DeploymentName(namespace: "default", name: "iris"))

  static let maxLag = Duration.seconds(3600)

  /// Starts in a state folder, and owns the ledger once it returns.
  ///
  /// With signers it obeys nobody else.
  init(
    _ remote: GitRemote, in folder: URL, life: String = "one", signingWith key: SigningKey? = nil,
    obeying signers: AllowedSigners? = nil
  ) async throws {
    let believing = try GitLedgerStore(
      remote: remote, repository: folder.appending(path: "ledger.git").path,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
    let store: any AdoptingStore =
      signers.map { signers in VerifyingStore(believing, signers: { signers }) } ?? believing
    self.store = store
    checkpoints = try CheckpointFolder(folder.appending(path: "checkpoints"))
    identity = ControllerIdentity(instance: "machine", version: "1", life: life)
    let election = LedgerElection(
      store: store, checkpoints: checkpoints, clock: clock, lease: Self.maxLag, takesOver: true,
      logger: log.logger)
    publisher = Publisher(
      store: store, checkpoints: checkpoints, election: election, clock: clock,
      identity: identity, maxLag: Self.maxLag, logger: log.logger)
    try await publisher.begin()
    try await publisher.exchange()
    if await publisher.hasNews { try await store.catchUp() }
    await publisher.newsTaken()
    try await takeOver()
  }

  private func takeOver() async throws {
    let store = store
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    let (head, rollouts) = try await reader.resume()
    self.head = head
    self.head.note(guides: [:], signer: store.signer)
    if let resumed = rollouts.first { deployment = RestlessDeployment(resumed) }
    let change = try self.head.claim(by: identity, at: clock.now)
    guard let epoch = self.head.end.epoch else { preconditionFailure("a claim is an epoch") }
    try await checkpoints.noteLease(
      of: epoch, after: store.publishedEpoch()?.claim, isVouched: false)
    _ = try await store.commit(change)
    await publisher.note(clock.now)
    try await publisher.exchange()
  }

  /// Decides once, and looks after the publishing as often as a controller does in a while.
  func decide() async throws {
    _ = try await store.commit(deployment.decide(by: identity, at: clock.now, over: &head))
    await publisher.note(clock.now)
    try await pass(.seconds(30))
  }

  /// Time passes, with an exchange each ten seconds.
  func pass(_ duration: Duration) async throws {
    for _ in 0..<duration.inMilliseconds / 10_000 {
      clock.advance(by: .seconds(10))
      try await publisher.exchange()
    }
  }

  /// More time passes than anything may wait.
  func passLag() async throws {
    clock.advance(by: Self.maxLag)
    try await pass(.seconds(20))
  }

  /// What a person is told.
  var said: [String] {
    log.lines.filter { !$0.hasPrefix("debug ") && !$0.hasPrefix("info the ledger is ours") }
  }

  /// Whether nothing waits and risk may grow.
  var isWell: Bool {
    get async {
      let (isPublished, restrictions) = (
        await publisher.isPublished, await publisher.restrictions
      )
      return isPublished && restrictions.isEmpty
    }
  }

  private struct SetClock: WallClock {
    private let moment = Lock(Instant(milliseconds: 1_790_000_000_000))

    var now: Instant { moment.withLock { $0 } }

    func advance(by duration: Duration) {
      moment.withLock { $0 = $0.advanced(by: duration) }
    }

    func sleep(for duration: Duration) {}
  }
}
