import Control
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing

/// What others push to a ledger's branch to take the controller's memory away: it is refused by name, and the
/// controller goes on.
@Suite(.serialized) struct HostileLedgerTests {
  private static let key = SigningKey(comment: "ours")

  private var folder: URL { TemporaryFolder.current }

  enum Bomb: String, CaseIterable {
    case commit, tree, blob

    /// Puts one on the ledger's branch; returns what an error says of it.
    func drop(on upstream: Upstream) throws -> String {
      let objects = HostileObjects(upstream: upstream, branch: "serin/ledger")
      guard self != .commit else {
        return "the commit \(try objects.bombCommit(2 << 20))"
      }
      let bomb = try objects.bomb(rawValue, "", filledTo: 65 << 20)
      _ = try objects.commit(
        self == .tree ? bomb : objects.rootWith(["100644 blob \(bomb)\tx.json"]))
      return "the \(rawValue) \(bomb)"
    }
  }

  /// The controller decides as before, says what is wrong, and publishes all when the branch is mended.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (Bomb.commit, Way.file), (.tree, .file), (.blob, .file), (.commit, .https), (.blob, .https),
      (.commit, .ssh),
    ])
  func bombStopsNobody(bomb: Bomb, way: Way) async throws {
    let upstream = try Upstream(in: folder)
    let host = try await Host(of: upstream, over: way)
    let signers = AllowedSigners(nil, and: Self.key.publicKey, of: "machine")
    let machine = try await PublishingMachine(
      host.remote, in: folder, signingWith: Self.key, obeying: signers)
    try await machine.decide()
    let good = try upstream.runBare(["rev-parse", "serin/ledger"])
    let words = try bomb.drop(on: upstream)
    let standing = try await machine.store.compare()
    #expect(standing.distrust?.cause == .tooLarge && !standing.canFollow, "\(standing)")
    await #expect(throws: UnverifiedLedger.self) {
      try await machine.store.take(.remote, keepingAt: "aside")
    }
    for _ in 0..<2 { try await machine.decide() }
    let said = await machine.said.filter { $0.hasPrefix("error ") }
    #expect(said.count == 1 && said[0].contains(words) && said[0].contains(" bytes"), "\(said)")
    #expect(await machine.publisher.alarmed?.contains("too large to be read") == true)
    try await machine.passLag()
    #expect(await machine.publisher.restrictions == [.notOwner, .unpublished])
    #expect(try await machine.store.backlog().count == 2)
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", good])
    try await machine.pass(.seconds(60))
    #expect(await machine.isWell)
    #expect(await machine.publisher.alarmed == nil)
    #expect(try upstream.runBare(["rev-list", "--count", "\(good)..serin/ledger"]) == "2")
    withExtendedLifetime(host) {}
  }

  /// A first fetch may bring more than a later one, and neither brings everything.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Way.allCases)
  func packIsBounded(way: Way) async throws {
    let upstream = try Upstream(in: folder)
    let host = try await Host(of: upstream, over: way)
    func store(_ name: String, first: Int, later: Int) throws -> GitLedgerStore {
      let (first, later) = (
        TransferLimits(bytes: 1 << 20, objects: first, unpacked: 1 << 20),
        TransferLimits(bytes: 1 << 20, objects: later, unpacked: 1 << 20)
      )
      return try GitLedgerStore(
        remote: host.remote, repository: folder.appending(path: name).path,
        committer: Committer(name: "Serin", email: "serin@example.org"),
        limits: LedgerLimits(first: first, later: later))
    }
    func fill(_ name: String) throws {
      let files = (0..<30).map { ("\(name)/\($0).json", "\(name) \($0)") }
      try upstream.commit(Dictionary(uniqueKeysWithValues: files), to: "serin/ledger")
    }
    try fill("a")
    let small = try store("small", first: 20, later: 99)
    #expect(try await small.compare().distrust?.cause == .tooLarge)
    let store = try store("one", first: 99, later: 20)
    #expect(try await store.compare().relation == .behind)
    try await store.catchUp()
    try fill("b")
    let standing = try await store.compare()
    #expect(standing.distrust?.cause == .tooLarge && standing.obeyed == nil, "\(standing)")
    try await store.catchUp()
    #expect(try await store.paths().allSatisfy { $0.hasPrefix("a/") })
    let change = LedgerChange(
      files: ["c.json": [1]], message: "c", date: Instant(milliseconds: 1_790_000_100_000))
    #expect(try await store.commit([change]).count == 1)
    withExtendedLifetime(host) {}
  }

  /// An audit of a clone names it, too.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func auditNamesTheBomb() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a/b.json": "{}"], to: "serin/ledger")
    let words = try Bomb.commit.drop(on: upstream)
    let path = upstream.folder.path
    let error = #expect(throws: GitError.self) { try LedgerBranch(clone: path) }
    #expect(error?.message.contains(words) == true, "\(error as Any)")
  }
}
