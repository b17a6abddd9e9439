import Control
import Foundation
import Git
import Ledger
import TestKit
import Testing

/// What a controller does, and what it tells a person, when its ledger's host does not do as it should.
@Suite struct OutageTests {
  private var folder: URL { TemporaryFolder.current }
  private static let recovery = "serin/ledger-recovery-1"

  private func tip(_ upstream: Upstream, _ branch: String = "serin/ledger") throws -> String {
    try upstream.runBare(["rev-parse", branch])
  }

  private func localTip() throws -> String {
    try git(["-C", folder.appending(path: "ledger.git").path, "rev-parse", "serin/ledger"])
  }

  // MARK: Refusals

  /// How hosts refuse: a hook of each kind, and the way of those that have protected branches.
  enum Refusal: String, CaseIterable {
    case preReceive, update, protectedBranch

    var words: String {
      switch self {
      case .preReceive: "pre-receive hook declined; error: GH006: Protected branch update failed"
      case .update:
        "hook declined; error: GH006: Protected branch update failed; "
          + "error: hook declined to update refs/heads/serin/ledger"
      case .protectedBranch:
        "protected branch hook declined; error: GH006: Protected branch update failed"
      }
    }

    func begin(at upstream: Upstream) throws {
      let speak = "echo 'error: GH006: Protected branch update failed' >&2"
      switch self {
      case .preReceive: try upstream.install(hook: "pre-receive", "\(speak); exit 1")
      case .update: try upstream.install(hook: "update", "\(speak); exit 1")
      case .protectedBranch:
        try upstream.runBare(["config", "receive.procReceiveRefs", "refs/heads/serin"])
        try upstream.install(hook: "proc-receive", "\(speak)\n\(Self.declining)")
      }
    }

    func end(at upstream: Upstream) throws {
      try upstream.runBare(["config", "receive.procReceiveRefs", "refs/nothing"])
      for hook in ["pre-receive", "update"] { try upstream.install(hook: hook, "exit 0") }
    }

    /// Answers as git's protocol wants it: "ng", the reference, and the reason.
    private static let declining = """
      exec python3 -c '
      import sys
      i, o = sys.stdin.buffer, sys.stdout.buffer
      def read():
          size = int(i.read(4), 16)
          return i.read(size - 4) if size else None
      def write(text):
          o.write(b"%04x%s" % (len(text) + 4, text)); o.flush()
      while read() is not None: pass
      write(b"version=1\\n"); o.write(b"0000"); o.flush()
      names = []
      while (line := read()) is not None: names.append(line.split()[2])
      for name in names: write(b"ng %s protected branch hook declined" % name)
      o.write(b"0000"); o.flush()'
      """
  }

  /// Refused decisions wait, risk stops growing after `maxPublishLag`, a person is told once with the
  /// host's own words, and all goes on by itself when the host lets it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: Refusal.allCases)
  func refusalsAreSaidOnceAndWaitedOut(refusal: Refusal) async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let machine = try await PublishingMachine(server.remote(), in: folder)
    try await machine.decide()
    #expect(await machine.publisher.restrictions.isEmpty)
    let before = try tip(upstream)
    try refusal.begin(at: upstream)
    for _ in 0..<3 { try await machine.decide() }
    #expect(try tip(upstream) == before)
    #expect(
      await machine.said == [
        "warning cannot publish decisions; trying again error=the remote refused them: "
          + refusal.words
      ])
    #expect(await machine.publisher.restrictions.isEmpty)
    try await machine.passLag()
    #expect(await !machine.publisher.restrictions.isEmpty)
    try refusal.end(at: upstream)
    try await machine.pass(.seconds(10))
    #expect(await machine.said.last == "info can publish decisions again")
    #expect(await machine.said.count == 2)
    #expect(try tip(upstream) == localTip())
    #expect(await machine.isWell)
  }

  /// What a host should be told to refuse is what Serin never does.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func protectionFromForceAndDeletionIsNotInTheWay() async throws {
    let upstream = try Upstream(in: folder)
    for key in ["receive.denyNonFastForwards", "receive.denyDeletes"] {
      try upstream.runBare(["config", key, "true"])
    }
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let machine = try await PublishingMachine(server.remote(), in: folder)
    for _ in 0..<2 { try await machine.decide() }
    #expect(await machine.said == [])
    #expect(try tip(upstream) == localTip())
    #expect(throws: ProcessFailure.self) {
      try upstream.commit(["x": "x"], to: "serin/ledger")
    }
    #expect(throws: ProcessFailure.self) {
      try upstream.run(["push", "--quiet", "origin", ":serin/ledger"])
    }
  }

  /// The host takes the push and dies before it can say so: nobody notices.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func lostAnswersAreNoTrouble() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let machine = try await PublishingMachine(server.remote(), in: folder)
    try upstream.install(
      hook: "post-receive",
      "kill -9 $PPID $(ps -o ppid= -p $PPID) $(ps -o ppid= -p $(ps -o ppid= -p $PPID))")
    for _ in 0..<3 { try await machine.decide() }
    #expect(await machine.said == [])
    #expect(await machine.publisher.isPublished)
    #expect(try tip(upstream) == localTip())
    #expect(try upstream.runBare(["rev-list", "--count", "serin/ledger"]) == "4")
  }

  // MARK: Somebody else

  /// What was published is gone: it is said once, everything is kept in a branch beside it, later
  /// decisions too, and whoever restores the branch from there ends it.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)), arguments: ["deleted", "rewound", "forced", "lost"])
  func goneDecisionsAreKeptBesideTheBranch(how: String) async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await PublishingMachine(GitRemote(upstream.folder.path), in: folder)
    for _ in 0..<2 { try await machine.decide() }
    switch how {
    case "deleted": try upstream.runBare(["update-ref", "-d", "refs/heads/serin/ledger"])
    case "rewound":
      try upstream.runBare(["update-ref", "refs/heads/serin/ledger", "serin/ledger~1"])
    case "forced": try upstream.commit(["x": "x"], to: "serin/ledger")
    default:
      try FileManager.default.removeItem(at: upstream.folder)
      try git(["init", "--quiet", "--bare", upstream.folder.path])
    }
    let left = try upstream.runBare(["for-each-ref", "refs/heads/serin/ledger"])
    for _ in 0..<2 { try await machine.decide() }
    #expect(try upstream.runBare(["for-each-ref", "refs/heads/serin/ledger"]) == left)
    #expect(try tip(upstream, Self.recovery) == localTip())
    let said = await machine.said
    #expect(said.count == 1)
    #expect(said[0].hasPrefix("error the ledger's branch was rewritten or deleted: "))
    #expect(said[0].contains(" kept-at=\(Self.recovery) "))
    try await machine.passLag()
    #expect(await !machine.publisher.restrictions.isEmpty)
    if how == "forced" { try upstream.runBare(["branch", "-m", "serin/ledger", "other"]) }
    try putBack(upstream)
    try await machine.pass(.seconds(10))
    #expect(
      await machine.said.last
        == "info the ledger's branch is as it was: decisions are published again")
    #expect(try tip(upstream) == localTip())
    #expect(await machine.isWell)
  }

  /// As docs/operating.md has it.
  private func putBack(_ upstream: Upstream) throws {
    try upstream.run(["fetch", "--quiet", "origin", Self.recovery])
    try upstream.run(["push", "--quiet", "origin", "FETCH_HEAD:refs/heads/serin/ledger"])
  }

  /// The controller's machine is lost after the branch was: what it kept beside the branch is enough for
  /// the next one.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func keptDecisionsAreEnoughForAnotherMachine() async throws {
    let upstream = try Upstream(in: folder)
    let remote = try GitRemote(upstream.folder.path)
    do {
      let machine = try await PublishingMachine(remote, in: folder)
      try await machine.decide()
      try upstream.runBare(["update-ref", "-d", "refs/heads/serin/ledger"])
      for _ in 0..<2 { try await machine.decide() }
    }
    try FileManager.default.removeItem(at: folder.appending(path: "ledger.git"))
    try putBack(upstream)
    let other = folder.appending(path: "other")
    let machine = try await PublishingMachine(remote, in: other, life: "two")
    try await machine.decide()
    #expect(try upstream.runBare(["rev-list", "--count", "serin/ledger"]) == "6")
    #expect(await !machine.publisher.restrictions.isEmpty)
    try await machine.passLag()
    #expect(await machine.isWell)
  }

  /// Foreign commits are neither followed nor overwritten, and their removal ends it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func foreignCommitsStopThePublishing() async throws {
    let upstream = try Upstream(in: folder)
    let machine = try await PublishingMachine(GitRemote(upstream.folder.path), in: folder)
    try await machine.decide()
    let published = try tip(upstream)
    try upstream.run(["fetch", "--quiet", "origin", "serin/ledger"])
    try upstream.run(["checkout", "--quiet", "-B", "serin/ledger", "FETCH_HEAD"])
    let foreign = try upstream.commit(["x.txt": "x"], to: "serin/ledger")
    for _ in 0..<2 { try await machine.decide() }
    #expect(try tip(upstream) == foreign)
    #expect(
      await machine.said == [
        "error the ledger's branch was changed by somebody else: decisions are no longer published "
          + "remote=\(foreign)"
      ])
    try await machine.passLag()
    #expect(await !machine.publisher.restrictions.isEmpty)
    // As docs/operating.md has it.
    try upstream.run([
      "push", "--quiet", "--force", "origin", "\(published):refs/heads/serin/ledger",
    ])
    try await machine.pass(.seconds(10))
    #expect(try tip(upstream) == localTip())
    #expect(await machine.isWell)
  }

  // MARK: The local repository

  /// A local repository that is damaged is refused with what is wrong; once it is moved away, the next
  /// life has everything that was published, and goes on without waiting for anybody.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: ["commit emptied", "record gone", "branch emptied", "objects gone"])
  func damagedRepositoryIsMadeAgainFromTheRemote(damage: String) async throws {
    let upstream = try Upstream(in: folder)
    let remote = try GitRemote(upstream.folder.path)
    do {
      let machine = try await PublishingMachine(remote, in: folder)
      for _ in 0..<3 { try await machine.decide() }
    }
    let repository = folder.appending(path: "ledger.git")
    try harm(repository, damage)
    let error = await #expect(throws: GitError.self) {
      _ = try await PublishingMachine(remote, in: folder, life: "two")
    }
    #expect(error.map { "\($0)".contains(repository.path) } == true, "\(String(describing: error))")
    try FileManager.default.moveItem(at: repository, to: folder.appending(path: "damaged.git"))
    let machine = try await PublishingMachine(remote, in: folder, life: "two")
    #expect(await machine.isWell)
    try await machine.decide()
    #expect(await machine.said == [])
    #expect(try tip(upstream) == localTip())
    #expect(try upstream.runBare(["rev-list", "--count", "serin/ledger"]) == "6")
  }

  /// A commit that is gone and was published comes again with the first fetch.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func publishedCommitThatIsGoneComesAgain() async throws {
    let upstream = try Upstream(in: folder)
    let remote = try GitRemote(upstream.folder.path)
    do {
      let machine = try await PublishingMachine(remote, in: folder)
      for _ in 0..<3 { try await machine.decide() }
    }
    try harm(folder.appending(path: "ledger.git"), "commit gone")
    let machine = try await PublishingMachine(remote, in: folder, life: "two")
    try await machine.decide()
    #expect(await machine.isWell)
    #expect(try tip(upstream) == localTip())
  }

  private func harm(_ repository: URL, _ how: String) throws {
    let isRecord = how.hasPrefix("record")
    let name = try git([
      "-C", repository.path, "rev-parse",
      isRecord ? "serin/ledger:default/iris/2026-09-21.iris/000003.iris.json" : "serin/ledger",
    ])
    let object = repository.appending(path: "objects/\(name.prefix(2))/\(name.dropFirst(2))")
    switch how {
    case "commit emptied": try replace(object)
    case "branch emptied": try replace(repository.appending(path: "refs/heads/serin/ledger"))
    case "objects gone":
      try FileManager.default.removeItem(at: repository.appending(path: "objects"))
    default: try FileManager.default.removeItem(at: object)
    }
  }

  private func replace(_ file: URL) throws {
    try FileManager.default.removeItem(at: file)
    try Data().write(to: file)
  }
}
