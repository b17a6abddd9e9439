import Foundation
import Git
import Ledger
import Manifests
import TestKit
import Testing

/// The ledger's remote is away for the time of 10,000 decisions.
@Suite struct BacklogTests {
  private var folder: URL { TemporaryFolder.current }
  private var repository: String { folder.appending(path: "state/ledger.git").path }
  private static let key = SigningKey(comment: "writer")

  /// It is away, then it refuses, then it is back: all of it goes out at once, in order, none is lost
  /// and none doubled.
  @Test(.temporaryFolder, .timeLimit(.minutes(10)))
  func tenThousandDecisionsGoOut() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let remote = try server.remote()
    try write(10)
    #expect(try await self.store(remote).publish() == .published(commits: 11))
    let away = folder.appending(path: "away")
    try FileManager.default.moveItem(at: upstream.folder, to: away)
    try write(5000)
    await #expect(throws: GitError.self) { _ = try await self.store(remote).publish() }
    try FileManager.default.moveItem(at: away, to: upstream.folder)
    try upstream.install(hook: "pre-receive", "echo 'not now' >&2; exit 1")
    #expect(
      try await self.store(remote).publish() == .refused("pre-receive hook declined; not now"))
    try write(5000)
    try upstream.install(hook: "pre-receive", "exit 0")
    let store = try self.store(remote)
    let waiting = try await store.backlog()
    #expect(waiting.count == 10_002 && waiting == waiting.sorted())
    #expect(try await store.compare().relation == .level)
    #expect(try await store.publish() == .published(commits: 10_002))
    #expect(try await store.backlog() == [])
    #expect(try await store.publish() == .nothingToPublish)
    try check(upstream, commits: 10_013)
  }

  /// Every record is there once, in its place, and is the one that was made here.
  private func check(_ upstream: Upstream, commits: Int) throws {
    let list = try upstream.runBare(["rev-list", "serin/ledger"])
    #expect(try git(["-C", repository, "rev-list", "serin/ledger"]) == list)
    let keys = ["Ledger-Seq", "Deployment"]
    let format = keys.map { "%(trailers:key=\($0),valueonly,separator=)" }.joined(separator: "|")
    let log = try upstream.runBare(["log", "--reverse", "--format=\(format)", "serin/ledger"])
    var deployments: Set<Substring> = []
    for (index, line) in log.split(separator: "\n").enumerated() {
      let values = line.split(separator: "|", omittingEmptySubsequences: false)
      #expect(values[0] == "\(index + 1)")
      guard !values[1].isEmpty else { continue }
      deployments.insert(values[1])
    }
    #expect(deployments.count == 100 && list.split(separator: "\n").count == commits)
    #expect(try upstream.runBare(["fsck", "--strict"]).isEmpty)
  }

  /// What is pushed is remembered push by push: an interruption costs no more than one of them.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func largeBacklogsGetSmallerEvenWhenInterrupted() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    try write(1200)
    // The host takes one push, and then none.
    try upstream.install(hook: "post-receive", "printf '#!/bin/sh\\nexit 1\\n' > hooks/pre-receive")
    try upstream.install(hook: "pre-receive", "exit 0")
    let store = try self.store(server.remote())
    #expect(try await store.publish() == .refused("pre-receive hook declined"))
    #expect(try await store.backlog().count == 201)
    #expect(try upstream.runBare(["rev-list", "--count", "serin/ledger"]) == "1000")
    try upstream.install(hook: "post-receive", "exit 0")
    try upstream.install(hook: "pre-receive", "exit 0")
    #expect(try await store.publish() == .published(commits: 201))
    // The answers are lost: the remote turns out to have more than the next push would bring.
    let first = try upstream.runBare(["rev-list", "--max-parents=0", "serin/ledger"])
    try git(["-C", repository, "update-ref", "refs/serin/ledger-known", first])
    #expect(try await store.publish() == .published(commits: 1200))
    #expect(try await store.publish() == .nothingToPublish)
  }

  private func store(_ remote: GitRemote) throws -> GitLedgerStore {
    try GitLedgerStore(
      remote: remote, repository: repository,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: Self.key)
  }

  /// A life of a controller adds so many decisions, about 100 deployments.
  private func write(_ decisions: Int) throws {
    let (state, key) = (folder.appending(path: "state").path, folder.appending(path: "key"))
    try Data(Self.key.openSSH.utf8).write(to: key)
    try shell(
      [builtProgram("LedgerWriter"), state, key.path, "\(decisions)", "100"],
      environment: ["FAULT_FOLDER": state, "FAULT_KIND": "none"])
  }
}
