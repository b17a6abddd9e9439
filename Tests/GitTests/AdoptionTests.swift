import Audit
import Control
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing

/// An operator says which of two histories is the ledger: nothing is forced, and nothing is lost.
@Suite struct AdoptionTests {
  private static let key = SigningKey(comment: "")
  private static let now = Instant(milliseconds: 1_790_300_000_000)
  private var folder: URL { TemporaryFolder.current }

  private func store(
    _ upstream: Upstream, name: String = "ledger", branch: String = "serin/ledger"
  ) throws -> GitLedgerStore {
    try GitLedgerStore(
      remote: GitRemote(upstream.folder.path), branch: branch,
      repository: folder.appending(path: name).path,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: Self.key)
  }

  /// A published ledger, of which the last three decisions are not published yet.
  private func ledger() async throws -> (Upstream, GitLedgerStore) {
    let upstream = try Upstream(in: folder)
    return (upstream, try await fill(try store(upstream)))
  }

  private func fill(_ store: GitLedgerStore) async throws -> GitLedgerStore {
    let changes = SmallLedger.changes(signer: Self.key.publicKey)
    for change in changes.dropLast(3) { _ = try await store.commit(change) }
    _ = try await store.publish()
    for change in changes.suffix(3) { _ = try await store.commit(change) }
    return store
  }

  private func adopt(
    _ side: Adoption.Side, _ store: GitLedgerStore, checkpoints: String = "checkpoints"
  ) async throws -> (record: Adoption, publication: Publication)? {
    let adopter = Adopter(
      store: store, checkpoints: try CheckpointFolder(folder.appending(path: checkpoints)),
      identity: ControllerIdentity(instance: "simulation", version: "1", life: "operator"))
    return try await adopter.adopt(side, because: "the host was restored", at: Self.now)
  }

  /// Returns the first thing that is wrong with the remote's ledger.
  private func finding(_ upstream: Upstream) async throws -> Finding? {
    let line = AllowedSigners.line(for: Self.key.publicKey, of: "simulation")
    var audit = LedgerAudit(signers: try AllowedSigners(line))
    let branch = try LedgerBranch(clone: upstream.folder.path)
    _ = try await branch.begin(after: nil)
    do {
      while let commit = try await branch.next() { try audit.check(commit) }
      return nil
    } catch let finding as Finding {
      return finding
    }
  }

  private func tip(_ upstream: Upstream, _ branch: String = "serin/ledger") throws -> String {
    try upstream.runBare(["rev-parse", branch])
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func deletedBranchIsMadeAnewFromOurs() async throws {
    let (upstream, store) = try await ledger()
    let ours = try git(["-C", folder.path + "/ledger", "rev-parse", "HEAD"])
    try upstream.runBare(["update-ref", "-d", "refs/heads/serin/ledger"])
    guard case .moved = try await store.publish() else {
      Issue.record("a branch that is gone is not made anew by a push")
      return
    }
    let (record, publication) = try #require(await adopt(.ours, store))
    #expect(publication == .published(commits: 13))
    #expect(record.tip == ours && record.left == nil && record.keptAt == nil)
    #expect(try tip(upstream, "serin/ledger~2") == ours)
    #expect(try await finding(upstream) == nil)
  }

  /// The remote was set back to an older state: it goes on from there, and ours stays beside it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rewoundBranchIsTaken() async throws {
    let (upstream, store) = try await ledger()
    let ours = try git(["-C", folder.path + "/ledger", "rev-parse", "HEAD"])
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "serin/ledger~2"])
    let old = try tip(upstream)
    let (record, publication) = try #require(await adopt(.remote, store))
    #expect(publication == .published(commits: 2))
    #expect(record.tip == old && record.left == ours && record.leftCommits == 5)
    #expect(record.keptAt == "serin/ledger-recovery-1")
    #expect(try tip(upstream, "serin/ledger-recovery-1") == ours)
    #expect(try tip(upstream, "serin/ledger~2") == old)
    #expect(try await finding(upstream) == nil)
    #expect(
      try git(["-C", folder.path + "/ledger", "rev-parse", "refs/serin/kept/\(ours)"]) == ours)
    #expect(try await store.compare().relation == .level)
  }

  /// Two ledgers in one repository are both set back in the same epoch: each keeps what is its own.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func twoLedgersInOneRepositoryKeepApart() async throws {
    let upstream = try Upstream(in: folder)
    for name in ["models", "fraud"] {
      let branch = "ledgers/\(name)"
      let store = try await fill(try store(upstream, name: name, branch: branch))
      let ours = try git(["-C", folder.path + "/\(name)", "rev-parse", "HEAD"])
      try upstream.runBare(["update-ref", "refs/heads/\(branch)", "\(branch)~2"])
      let (record, publication) = try #require(
        await adopt(.remote, store, checkpoints: name + "-checkpoints"))
      #expect(publication == .published(commits: 2))
      #expect(record.keptAt == "\(branch)-recovery-1")
      #expect(try tip(upstream, "\(branch)-recovery-1") == ours)
    }
    let kept = try upstream.runBare([
      "for-each-ref", "--format=%(refname:short)", "refs/heads/ledgers",
    ])
    #expect(
      kept.split(separator: "\n") == [
        "ledgers/fraud", "ledgers/fraud-recovery-1", "ledgers/models", "ledgers/models-recovery-1",
      ])
  }

  /// Another controller took over while this one had decisions of its own.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func whoeverTookOverIsTaken() async throws {
    let (upstream, store) = try await ledger()
    let two = try self.store(upstream, name: "two")
    _ = try await two.compare()
    try await two.catchUp()
    let reader = LedgerReader(paths: try await two.paths()) { try await two.read($0) }
    var head = try await reader.resume().head
    let identity = ControllerIdentity(instance: "simulation", version: "1", life: "two")
    _ = try await two.commit(head.claim(by: identity, at: Self.now))
    #expect(try await two.publish() == .published(commits: 1))
    let (record, publication) = try #require(await adopt(.remote, store))
    #expect(publication == .published(commits: 2))
    #expect(record.leftCommits == 3 && record.controller.epoch == 3)
    // The other one may be alive: whoever starts here next has to wait for it.
    let checkpoints = try CheckpointFolder(folder.appending(path: "checkpoints"))
    #expect(try await checkpoints.lease() == [])
    #expect(try await finding(upstream) == nil)
    guard case .moved(let standing) = try await pushed(two) else {
      Issue.record("the other one is not fenced")
      return
    }
    #expect(standing.epoch?.life == "operator")
  }

  private func pushed(_ store: GitLedgerStore) async throws -> Publication {
    _ = try await store.commit(LedgerChange(files: ["x": []], message: "x", date: Self.now))
    return try await store.publish()
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func nothingIsForcedAndNothingIsAdoptedWithoutNeed() async throws {
    let (upstream, store) = try await ledger()
    #expect(try await adopt(.ours, store) == nil)
    #expect(try await adopt(.remote, store) == nil)
    try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "serin/ledger~2"])
    let before = try tip(upstream)
    await #expect(throws: GitError.self) { _ = try await adopt(.ours, store) }
    #expect(try tip(upstream) == before)
    try upstream.runBare(["update-ref", "-d", "refs/heads/serin/ledger"])
    await #expect(throws: GitError.self) { _ = try await adopt(.remote, store) }
  }
}
