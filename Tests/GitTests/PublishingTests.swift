import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing

/// Every way in which a ledger and its remote can come to differ, on real repositories.
@Suite struct PublishingTests {
  private var folder: URL { TemporaryFolder.current }

  private func store(
    _ upstream: Upstream, name: String = "ledger", over remote: GitRemote? = nil
  ) throws -> GitLedgerStore {
    try GitLedgerStore(
      remote: remote ?? GitRemote(upstream.folder.path),
      repository: folder.appending(path: name).path,
      committer: Committer(name: "Serin", email: "serin@example.org"))
  }

  private static func change(_ number: Int) -> LedgerChange {
    LedgerChange(
      files: ["a/b/\(number).json": Array("{}\n".utf8)],
      message: "advance \(number)\n\nWhy.\n\nSerin-Record: v1\n",
      date: Instant(milliseconds: 1_790_000_000_000 + Int64(number) * 1000))
  }

  /// The commit with which a controller takes over what a store holds.
  private static func claim(_ store: GitLedgerStore, _ life: String) async throws -> LedgerChange {
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    var head = try await reader.resume().head
    return try head.claim(
      by: ControllerIdentity(instance: life, version: "1", life: life),
      at: Instant(milliseconds: 1_790_000_000_000))
  }

  /// A store whose controller owns epoch 1 and has published one decision.
  private func owner() async throws -> (Upstream, GitLedgerStore) {
    let upstream = try Upstream(in: folder)
    let store = try store(upstream)
    _ = try await store.compare()
    _ = try await store.commit(Self.claim(store, "one"))
    _ = try await store.commit(Self.change(1))
    #expect(try await store.publish() == .published(commits: 2))
    #expect(try await store.publishedEpoch()?.claim == Claim(epoch: 1, life: "one"))
    return (upstream, store)
  }

  private func standing(_ publication: Publication) throws -> Standing {
    guard case .moved(let standing) = publication else {
      throw ProcessFailure(description: "\(publication)")
    }
    return standing
  }

  private func tip(_ upstream: Upstream, _ branch: String = "serin/ledger") throws -> String {
    try upstream.runBare(["rev-parse", branch])
  }

  // MARK: Taking over

  /// Another controller claims the next epoch; the old one's push is refused and names who it was.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func takingOverFencesTheOther() async throws {
    let (upstream, one) = try await owner()
    let two = try store(upstream, name: "two")
    #expect(try await two.compare().relation == .behind)
    try await two.catchUp()
    let claimed = try await two.commit(Self.claim(two, "two"))
    #expect(try await two.publish() == .published(commits: 1))
    let kept = try await one.commit(Self.change(2))
    let standing = try standing(await one.publish())
    #expect(standing.relation == .foreign && standing.epoch?.claim == Claim(epoch: 2, life: "two"))
    #expect(!standing.canFollow)
    try await one.catchUp()
    #expect(try tip(upstream) == claimed)
    #expect(try git(["-C", folder.path + "/ledger", "rev-parse", "HEAD"]) == kept)
    #expect(try await one.backlog() == [Instant(milliseconds: 1_790_000_002_000)])
  }

  /// The old controller publishes a decision between the fetch and the push of the new one: the claim
  /// is made again on top of it, and nothing of either is lost.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func claimIsMadeAgainOnTopOfADecision() async throws {
    let (upstream, one) = try await owner()
    let two = try store(upstream, name: "two")
    _ = try await two.compare()
    try await two.catchUp()
    _ = try await two.commit(Self.claim(two, "two"))
    let decision = try await one.commit(Self.change(2))
    #expect(try await one.publish() == .published(commits: 1))
    let standing = try standing(await two.publish())
    #expect(standing.relation == .foreign && standing.epoch == nil && standing.canFollow)
    try await two.catchUp()
    #expect(try git(["-C", folder.path + "/two", "rev-parse", "HEAD"]) == decision)
    _ = try await two.commit(Self.claim(two, "two"))
    #expect(try await two.publish() == .published(commits: 1))
    #expect(try await two.publishedEpoch()?.claim == Claim(epoch: 2, life: "two"))
  }

  /// Two controllers with one name and one clock claim at once: their commits differ, and one wins.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func twoClaimsAtOnceAreTwoCommits() async throws {
    let (upstream, one) = try await owner()
    let two = try store(upstream, name: "two")
    _ = try await two.compare()
    try await two.catchUp()
    for (store, life) in [(one, "x"), (two, "y")] {
      let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
      var head = try await reader.resume().head
      let identity = ControllerIdentity(instance: "same", version: "1", life: life)
      _ = try await store.commit(head.claim(by: identity, at: Instant(milliseconds: 0)))
    }
    #expect(try await one.publish() == .published(commits: 1))
    let standing = try standing(await two.publish())
    #expect(standing.epoch?.claim == Claim(epoch: 2, life: "x"))
  }

  // MARK: Signs of life

  /// Each sign is another one, the branch stays as it is, and whoever clones it gets none of them.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func signsOfLifeLieBesideTheBranch() async throws {
    let (upstream, one) = try await owner()
    let (two, before) = (try store(upstream, name: "two"), try tip(upstream))
    #expect(try await two.compare().life == nil)
    var seen: [String] = []
    for number in [1, 2, 3, 257] {
      try await one.showLife(number)
      seen.append(try #require(try await two.compare().life))
    }
    #expect(Set(seen).count == 3 && seen.first == seen.last)
    #expect(try tip(upstream) == before)
    let references = try upstream.runBare(["for-each-ref", "--format=%(refname)"])
    #expect(references == "refs/heads/serin/ledger\nrefs/serin/lease/serin/ledger")
    let clone = folder.appending(path: "reader").path
    try git(["clone", "--quiet", "--branch", "serin/ledger", upstream.folder.path, clone])
    #expect(try !git(["-C", clone, "log", "--all", "--format=%s"]).contains("sign of life"))
  }

  /// A host that lets nothing be pushed but branches says so, and decisions are published all the same.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func hostsMayRefuseSignsOfLife() async throws {
    // Over a path libgit2 runs no hooks.
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let one = try store(upstream, over: server.remote())
    _ = try await one.compare()
    _ = try await one.commit(Self.claim(one, "one"))
    _ = try await one.commit(Self.change(1))
    #expect(try await one.publish() == .published(commits: 2))
    try upstream.install(hook: "update", #"case "$1" in refs/heads/*) ;; *) exit 1;; esac"#)
    await #expect(throws: GitError.self) { try await one.showLife(1) }
    _ = try await one.commit(Self.change(2))
    #expect(try await one.publish() == .published(commits: 1))
    #expect(try await one.compare().life == nil)
  }

  // MARK: Somebody else writes

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func foreignCommitsAreNeitherFollowedNorOverwritten() async throws {
    let (upstream, store) = try await owner()
    try upstream.run(["fetch", "--quiet", "origin", "serin/ledger"])
    try upstream.run(["checkout", "--quiet", "-B", "serin/ledger", "FETCH_HEAD"])
    let foreign = try upstream.commit(["x.txt": "x"], to: "serin/ledger")
    #expect(try await store.compare().relation == .behind)
    let kept = try await store.commit(Self.change(2))
    for _ in 0..<2 {
      let standing = try standing(await store.publish())
      #expect(standing.relation == .foreign && standing.epoch == nil && !standing.canFollow)
    }
    try await store.catchUp()
    #expect(try git(["-C", folder.path + "/ledger", "rev-parse", "HEAD"]) == kept)
    #expect(try tip(upstream) == foreign)
    // Taken away again by whoever wrote it: publishing goes on by itself.
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "\(foreign)~1"])
    #expect(try await store.publish() == .published(commits: 1))
  }

  /// What was published is gone, in one of four ways: it is never made again silently, and everything
  /// goes to a branch beside it.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: ["deleted", "rewound", "replaced", "amended"])
  func rewrittenBranchIsNotRestored(how: String) async throws {
    let (upstream, store) = try await owner()
    _ = try await store.commit(Self.change(2))
    _ = try await store.publish()
    try upstream.run(["fetch", "--quiet", "origin", "serin/ledger"])
    try upstream.run(["checkout", "--quiet", "-B", "serin/ledger", "FETCH_HEAD"])
    switch how {
    case "deleted": try upstream.runBare(["update-ref", "-d", "refs/heads/serin/ledger"])
    case "rewound":
      try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "serin/ledger~1"])
    case "amended": try upstream.commit(["x": "x"], to: "serin/ledger", amending: true)
    default:
      try upstream.run(["checkout", "--quiet", "--orphan", "other"])
      try upstream.commitStaged(to: "other")
      try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "other"])
    }
    let before = try upstream.runBare(["for-each-ref", "refs/heads/serin/ledger"])
    let kept = try await store.commit(Self.change(3))
    #expect(try standing(await store.publish()).relation == .rewritten)
    #expect(try await store.compare().relation == .rewritten)
    try await store.catchUp()
    try await store.rescue(to: "serin/ledger-recovery-1")
    #expect(try upstream.runBare(["for-each-ref", "refs/heads/serin/ledger"]) == before)
    #expect(try tip(upstream, "serin/ledger-recovery-1") == kept)
    let later = try await store.commit(Self.change(4))
    try await store.rescue(to: "serin/ledger-recovery-1")
    #expect(try tip(upstream, "serin/ledger-recovery-1") == later)
    #expect(try await store.backlog().count == 2)
  }

  // MARK: The host

  /// A hook that protects the branch refuses: nothing is lost, and all of it goes out when it may.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["pre-receive", "update"])
  func refusalsKeepTheBacklog(hook: String) async throws {
    let (upstream, _) = try await owner()
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let store = try store(upstream, over: server.remote())
    for key in ["receive.denyNonFastForwards", "receive.denyDeletes"] {
      try upstream.runBare(["config", key, "true"])
    }
    try upstream.install(hook: hook, "echo 'the branch is protected' >&2; exit 1")
    let before = try tip(upstream)
    for number in 2...4 {
      _ = try await store.commit(Self.change(number))
      let publication = try await store.publish()
      guard case .refused = publication else {
        Issue.record("\(publication)")
        return
      }
    }
    #expect(try tip(upstream) == before)
    #expect(
      try await store.backlog()
        == (2...4).map { Instant(milliseconds: 1_790_000_000_000 + $0 * 1000) })
    try upstream.install(hook: hook, "exit 0")
    #expect(try await store.publish() == .published(commits: 3))
    #expect(try await store.backlog() == [])
  }

  /// The age of what waits survives the controller, and so does what the remote was seen to have.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func backlogSurvivesARestart() async throws {
    let (upstream, store) = try await owner()
    _ = try await store.commit(Self.change(2))
    let away = folder.appending(path: "away")
    try FileManager.default.moveItem(at: upstream.folder, to: away)
    let again = try self.store(upstream)
    #expect(try await again.backlog() == [Instant(milliseconds: 1_790_000_002_000)])
    #expect(try await again.publishedEpoch()?.claim == Claim(epoch: 1, life: "one"))
    try FileManager.default.moveItem(at: away, to: upstream.folder)
    #expect(try await again.publish() == .published(commits: 1))
  }

  /// A repository that was deleted is made again from the remote.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func deletedRepositoryIsMadeAgain() async throws {
    let (upstream, store) = try await owner()
    let (paths, local) = (try await store.paths(), folder.appending(path: "ledger"))
    try FileManager.default.removeItem(at: local)
    let again = try self.store(upstream)
    #expect(try await again.paths() == [])
    #expect(try await again.compare().relation == .behind)
    try await again.catchUp()
    #expect(try await again.paths() == paths)
    #expect(try await again.backlog() == [])
    _ = try await again.commit(Self.change(2))
    #expect(try await again.publish() == .published(commits: 1))
  }
}
