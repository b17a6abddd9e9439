import Control
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// What others push to the ledger's branch is verified before it is obeyed, on real repositories.
@Suite struct VerifyingStoreTests {
  private static let (ours, peers, retired) = (
    SigningKey(comment: "ours"), SigningKey(comment: "peer"), SigningKey(comment: "retired")
  )

  /// What the operator wrote down: a peer, and a key that was retired after two records.
  private static func signers() throws -> AllowedSigners {
    let file = [
      AllowedSigners.line(for: peers.publicKey, of: "machine"),
      AllowedSigners.line(for: retired.publicKey, of: "machine") + " valid-until-seq=2",
    ]
    return AllowedSigners(
      try AllowedSigners(file.joined(separator: "\n")), and: ours.publicKey, of: "machine")
  }

  private var folder: URL { TemporaryFolder.current }

  private func store(
    _ upstream: Upstream, _ name: String, trustedSince: String? = nil
  ) throws -> VerifyingStore {
    let signers = try Self.signers()
    return VerifyingStore(
      try plain(upstream, name), signers: { signers }, trustedSince: trustedSince)
  }

  private func plain(
    _ upstream: Upstream, _ name: String, _ key: SigningKey? = ours
  ) throws -> GitLedgerStore {
    try GitLedgerStore(
      remote: GitRemote(upstream.folder.path),
      repository: folder.appending(path: name).appending(path: "ledger.git").path,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
  }

  private func machine(_ upstream: Upstream) async throws -> PublishingMachine {
    let machine = try await PublishingMachine(
      GitRemote(upstream.folder.path), in: folder.appending(path: "one"),
      signingWith: Self.ours, obeying: Self.signers())
    try await machine.decide()
    return machine
  }

  /// A controller that believes the branch takes it over: with a forged epoch, and a forged record.
  private func takeOver(_ upstream: Upstream, with key: SigningKey?) async throws {
    let rogue = try await PublishingMachine(
      GitRemote(upstream.folder.path), in: folder.appending(path: "rogue"), life: "rogue",
      signingWith: key)
    try await rogue.decide()
  }

  private func tip(_ upstream: Upstream) throws -> String {
    try upstream.runBare(["rev-parse", "serin/ledger"])
  }

  enum Forger: String, CaseIterable {
    case withoutKey, withUnknownKey, withRetiredKey

    var key: SigningKey? {
      switch self {
      case .withoutKey: nil
      case .withUnknownKey: SigningKey(comment: "unknown")
      case .withRetiredKey: VerifyingStoreTests.retired
      }
    }

    var why: String {
      switch self {
      case .withoutKey: "a commit is not signed"
      case .withUnknownKey, .withRetiredKey: "a commit is signed by a key that may not sign it"
      }
    }
  }

  /// The controller goes on deciding, says what is wrong, and publishes all when the branch is mended.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Forger.allCases)
  func forgedEpochStopsNobody(forger: Forger) async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await machine(upstream)
    let good = try tip(upstream)
    try await takeOver(upstream, with: forger.key)
    let forged = try upstream.runBare(["rev-list", "--reverse", "\(good)..serin/ledger"])
      .split(separator: "\n").map(String.init)
    try await machine.decide()
    try await machine.passLag()
    try await machine.decide()
    let alarm = try #require(await machine.publisher.alarmed)
    #expect(alarm.contains("cannot be verified"))
    let said = await machine.said.filter { $0.hasPrefix("error ") }
    #expect(
      said.count == 1 && said[0].contains(forger.why) && said[0].contains(forged[0]), "\(said)")
    #expect(await machine.publisher.restrictions == [.notOwner, .unpublished])
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", good])
    try await machine.pass(.seconds(60))
    #expect(await machine.isWell)
    #expect(await machine.publisher.alarmed == nil)
    let published = try upstream.runBare(["rev-list", "serin/ledger"])
    #expect(forged.allSatisfy { !published.contains($0) })
  }

  /// A peer that the operator named takes over as ever.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func namedPeerFences() async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await machine(upstream)
    try await takeOver(upstream, with: Self.peers)
    await #expect(throws: Fenced.self) { try await machine.decide() }
  }

  /// A peer whose key is taken away is not obeyed any more, also where its commits were found right before.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func signersAreRenewed() async throws {
    let upstream = try Upstream(in: folder)
    let peer = try await PublishingMachine(
      GitRemote(upstream.folder.path), in: folder.appending(path: "peer"),
      signingWith: Self.peers)
    try await peer.decide()
    let signers = Lock(try Self.signers())
    let store = VerifyingStore(
      try plain(upstream, "one"), signers: { signers.withLock { $0 } })
    #expect(try await store.compare().canFollow)
    signers.withLock { $0 = AllowedSigners(nil, and: Self.ours.publicKey, of: "machine") }
    try await store.catchUp()
    #expect(try await store.paths() == [])
    let standing = try await store.compare()
    #expect(!standing.canFollow && standing.distrust != nil && standing.epoch == nil)
    signers.withLock { [all = try Self.signers()] in $0 = all }
    #expect(try await store.compare().canFollow)
    try await store.catchUp()
    #expect(try await store.paths() != [])
  }

  /// A stolen key does not help: what it signs must follow, too.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func signedNonsenseIsNotObeyed() async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await machine(upstream)
    let thief = try plain(upstream, "thief")
    _ = try await thief.compare()
    try await thief.catchUp()
    _ = try await thief.commit(
      LedgerChange(
        files: ["a/b/1.json": Array("{}\n".utf8)], message: "advance\n\nSerin-Record: v1\n",
        date: Instant(milliseconds: 1_790_000_100_000)))
    #expect(try await thief.publish() == .published(commits: 1))
    try await machine.decide()
    #expect(await machine.publisher.alarmed != nil)
  }

  // MARK: From a lost state folder

  /// Nothing of a forged branch is taken over, whatever is right before it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Forger.allCases)
  func newFolderTakesOverNothingForged(forger: Forger) async throws {
    let upstream = try Upstream(in: folder)
    _ = try await machine(upstream)
    try await takeOver(upstream, with: forger.key)
    let store = try store(upstream, "new")
    try await store.verify()
    let standing = try await store.compare()
    #expect(standing.relation == .behind && !standing.canFollow && standing.epoch == nil)
    #expect(standing.distrust?.ledgerSeq == 3)
    try await store.catchUp()
    #expect(try await store.paths() == [])
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func newFolderTakesOverWhatIsRight() async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await machine(upstream)
    let store = try store(upstream, "new")
    let standing = try await store.compare()
    #expect(standing.canFollow && standing.epoch?.claim == Claim(epoch: 1, life: "one"))
    try await store.catchUp()
    #expect(try await store.paths() == machine.store.paths())
    try await self.store(upstream, "new").verify()
  }

  /// What was taken away at the end is found when the operator kept a commit of it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func shortenedBranchIsFound() async throws {
    let upstream = try Upstream(in: folder)
    _ = try await machine(upstream)
    let kept = try tip(upstream)
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "\(kept)~1"])
    let believing = try await store(upstream, "believing").compare()
    #expect(believing.canFollow)
    let warned = try await store(upstream, "warned", trustedSince: kept).compare()
    #expect(!warned.canFollow && warned.distrust?.why.contains(kept) == true)
  }

  // MARK: From a folder of a controller without a key

  /// A ledger that was not signed is believed up to where the operator says, and no further.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func unsignedPastNeedsAWord() async throws {
    let upstream = try Upstream(in: folder)
    let folder = self.folder.appending(path: "one")
    let unsigned = try await PublishingMachine(GitRemote(upstream.folder.path), in: folder)
    try await unsigned.decide()
    let tip = try tip(upstream)
    let error = await #expect(throws: UnverifiedLedger.self) {
      try await store(upstream, "one").verify()
    }
    #expect(error?.tip == tip && error?.distrust.ledgerSeq == 1)
    let believing = try store(upstream, "one", trustedSince: tip)
    try await believing.verify()
    #expect(try await believing.compare().relation == .level)
  }

  /// An operator who takes the remote's side takes nothing that is forged.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func forgedSideIsNotTaken() async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await machine(upstream)
    try await takeOver(upstream, with: nil)
    await #expect(throws: UnverifiedLedger.self) {
      try await machine.store.take(.remote, keepingAt: "aside")
    }
  }
}
