import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing

/// The ledger in a repository of our own, and its way to a remote.
@Suite struct GitLedgerStoreTests {
  private var folder: URL { TemporaryFolder.current }
  private var repository: String { folder.appending(path: "ledger").path }

  private func store(_ remote: GitRemote?, name: String = "ledger") throws -> GitLedgerStore {
    try GitLedgerStore(
      remote: remote, repository: folder.appending(path: name).path,
      committer: Committer(name: "Serin", email: "serin@example.org"))
  }

  private static func change(_ path: String, _ text: String, second: Int64 = 1000) -> LedgerChange {
    LedgerChange(
      files: [path: Array(text.utf8)], message: "advance \(path)\n",
      date: Instant(milliseconds: second * 1000 + 999))
  }

  // MARK: Here

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func filesAreAddedOverTheTip() async throws {
    let store = try store(nil)
    #expect(try await store.paths() == [])
    #expect(try await store.read("a/1.json") == nil)
    _ = try await store.commit(Self.change("a/b/1.json", "one"))
    _ = try await store.commit(Self.change("a.yaml", "status"))
    let last = try await store.commit(
      LedgerChange(
        files: ["a/b/2.json": Array("two".utf8), "a.yaml": []], message: "two",
        date: Instant(milliseconds: 5_000_000)))
    #expect(try await store.paths() == ["a.yaml", "a/b/1.json", "a/b/2.json"])
    #expect(try await store.read("a/b/1.json") == Array("one".utf8))
    #expect(try await store.read("a.yaml") == [])
    #expect(try await store.read("a/b") == nil)
    #expect(try git(["-C", repository, "rev-parse", "HEAD"]) == last)
    #expect(try git(["-C", repository, "rev-list", "--count", "serin/ledger"]) == "3")
    #expect(try await store.publish() == .nothingToPublish)
    #expect(try await store.compare().relation == .level)
    #expect(try await store.backlog() == [])
  }

  /// Several changes are as many commits, in one pack, and other handles see them at once.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func severalChangesAreOneWrite() async throws {
    let store = try store(nil)
    let first = try await store.commit(Self.change("a/b/1.json", "one"))
    let commits = try await store.commit(
      (2...33).map { Self.change("a/b/\($0).json", "number \($0)", second: Int64($0) * 1000) })
    let more = try await store.commit([Self.change("a/b/1.json", "x"), Self.change("c.json", "y")])
    #expect(
      try git(["-C", repository, "rev-list", "--reverse", "serin/ledger"]).split(separator: "\n")
        .map(String.init) == [first] + commits + more)
    #expect(try await store.read("a/b/33.json") == Array("number 33".utf8))
    #expect(try await store.paths().count == 34)
    #expect(try git(["-C", repository, "fsck", "--strict", "--full", "--no-dangling"]).isEmpty)
    let counts = try git(["-C", repository, "count-objects", "-v"])
    #expect(counts.contains("\npacks: 2\n"), "\(counts)")
    #expect(counts.contains("in-pack: \(32 * 5 + 8)\n"), "\(counts)")
    #expect(try await store.commit([]) == [])
  }

  /// What cannot be written leaves the branch where it was, with none of the others.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func severalChangesAreAllOrNone() async throws {
    let store = try store(nil)
    let before = try await store.commit(Self.change("a.json", "1"))
    await #expect(throws: GitError.self) {
      _ = try await store.commit([Self.change("b.json", "2"), Self.change("../c.json", "3")])
    }
    #expect(try git(["-C", repository, "rev-parse", "HEAD"]) == before)
    #expect(try await store.paths() == ["a.json"])
    _ = try await store.commit([Self.change("b.json", "2"), Self.change("c.json", "3")])
    #expect(try await store.paths() == ["a.json", "b.json", "c.json"])
  }

  /// Whoever keeps the repository may choose other values; they outlast a restart.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func gitIsToldHowToPack() throws {
    let names = ["pack.window", "repack.writeBitmaps"]
    func values() throws -> [String] {
      try names.map { try git(["-C", repository, "config", "--local", $0]) }
    }
    _ = try store(nil)
    #expect(try values() == ["250", "false"])
    for (name, value) in zip(names, ["10", "true"]) {
      _ = try git(["-C", repository, "config", name, value])
    }
    _ = try store(nil)
    #expect(try values() == ["10", "true"])
  }

  /// Commit dates are the decisions', and never run backwards.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func commitsAreTheControllersAndInOrder() async throws {
    let store = try store(nil)
    for second: Int64 in [2000, 1000, 3000] {
      _ = try await store.commit(Self.change("a.json", "\(second)", second: second))
    }
    let log = try git([
      "-C", repository, "log", "--reverse", "--format=%an <%ae> %at %cn <%ce> %ct %s",
    ])
    #expect(
      log.split(separator: "\n").map(String.init)
        == [2000, 2000, 3000].map {
          "Serin <serin@example.org> \($0) Serin <serin@example.org> \($0) advance a.json"
        })
    #expect(try git(["-C", repository, "fsck", "--strict", "--no-dangling"]).isEmpty)
  }

  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)), arguments: ["../a", "/a", "a//b", ".git/config", ""])
  func pathsThatNoTreeMayHoldAreRefused(path: String) async throws {
    let store = try store(nil)
    let before = try await store.commit(Self.change("a.json", "1"))
    await #expect(throws: GitError.self) { _ = try await store.commit(Self.change(path, "x")) }
    #expect(try git(["-C", repository, "rev-parse", "HEAD"]) == before)
    #expect(try git(["-C", repository, "fsck", "--strict", "--no-dangling"]).isEmpty)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func restartFindsCommitsAndClearsStaleLocks() async throws {
    var store = try store(nil)
    _ = try await store.commit(Self.change("a.json", "1"))
    let lock = repository + "/refs/heads/serin/ledger.lock"
    try Data().write(to: URL(filePath: lock))
    await #expect(throws: GitError.self) { _ = try await store.commit(Self.change("a.json", "2")) }
    store = try self.store(nil)
    #expect(!FileManager.default.fileExists(atPath: lock))
    _ = try await store.commit(Self.change("b.json", "2"))
    #expect(try await store.paths() == ["a.json", "b.json"])
  }

  /// Somebody else moved the branch between two of our calls: theirs is built upon, not lost.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func commitsBuildOnWhateverTheBranchIs() async throws {
    let (one, two) = (try store(nil), try store(nil))
    for index in 0..<4 {
      _ = try await (index % 2 == 0 ? one : two).commit(Self.change("\(index).json", "x"))
    }
    #expect(try await one.paths() == ["0.json", "1.json", "2.json", "3.json"])
  }

  // MARK: To a remote

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func publishingIsAPlainPushOfEverythingNew() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let store = try store(GitRemote(upstream.folder.path))
    #expect(try await store.compare().relation == .level)
    #expect(try await store.publish() == .nothingToPublish)
    _ = try await store.commit(Self.change("a.json", "1"))
    _ = try await store.commit(Self.change("b.json", "2"))
    #expect(try await store.publish() == .published(commits: 2))
    #expect(try await store.publish() == .nothingToPublish)
    let last = try await store.commit(Self.change("c.json", "3"))
    #expect(try await store.publish() == .published(commits: 1))
    #expect(try upstream.runBare(["rev-parse", "serin/ledger"]) == last)
    #expect(try upstream.runBare(["fsck", "--strict"]).isEmpty)
    // The local repository can be made again from the remote.
    let again = try self.store(GitRemote(upstream.folder.path), name: "again")
    #expect(try await again.compare().relation == .behind)
    try await again.catchUp()
    #expect(try await again.paths() == ["a.json", "b.json", "c.json"])
    #expect(try await again.publish() == .nothingToPublish)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func unreachableRemoteCatchesUpLater() async throws {
    let upstream = try Upstream(in: folder)
    let away = folder.appending(path: "away")
    try FileManager.default.moveItem(at: upstream.folder, to: away)
    let store = try store(GitRemote(upstream.folder.path))
    await #expect(throws: GitError.self) { _ = try await store.compare() }
    _ = try await store.commit(Self.change("a.json", "1"))
    await #expect(throws: GitError.self) { _ = try await store.publish() }
    _ = try await store.commit(Self.change("b.json", "2"))
    #expect(try await store.paths() == ["a.json", "b.json"])
    try FileManager.default.moveItem(at: away, to: upstream.folder)
    #expect(try await store.publish() == .published(commits: 2))
  }

  /// The remote never answers: commits, reads and listings are done long before the push is.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func hangingPushDelaysNothing() async throws {
    let server = try SilentServer()
    let store = try store(
      GitRemote("https://127.0.0.1:\(server.port)/ledger.git", timeout: .seconds(50)))
    _ = try await store.commit(Self.change("a.json", "1"))
    let push = Task { try await store.publish() }
    try await Task.sleep(for: .milliseconds(100))
    for index in 0..<10 {
      _ = try await store.commit(Self.change("\(index).json", "x"))
      #expect(try await store.read("\(index).json") == Array("x".utf8))
    }
    #expect(try await store.paths().count == 11)
    // Had any of it waited for the push, the push would have ended with its timeout.
    server.stop()
    let error = await #expect(throws: GitError.self) { _ = try await push.value }
    #expect(error?.kind == .connection, "\(String(describing: error))")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func publishingIsBounded() async throws {
    let server = try SilentServer()
    let store = try store(
      GitRemote("https://127.0.0.1:\(server.port)/ledger.git", timeout: .seconds(1)))
    _ = try await store.commit(Self.change("a.json", "1"))
    let start = ContinuousClock.now
    let error = await #expect(throws: GitError.self) { _ = try await store.publish() }
    #expect(error?.kind == .timeout)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  // MARK: Over https and ssh

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func publishingOverHTTPS() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let store = try store(server.remote())
    #expect(try await store.compare().relation == .level)
    _ = try await store.commit(Self.change("a.json", "1"))
    #expect(try await store.publish() == .published(commits: 1))
    try upstream.install(hook: "pre-receive", "echo 'the branch is protected' >&2; exit 1")
    let kept = try await store.commit(Self.change("b.json", "2"))
    #expect(
      try await store.publish() == .refused("pre-receive hook declined; the branch is protected"))
    // Refused is not lost: the same commit goes out when the hook is gone.
    try upstream.install(hook: "pre-receive", "exit 0")
    #expect(try await store.publish() == .published(commits: 1))
    #expect(try upstream.runBare(["rev-parse", "serin/ledger"]) == kept)
  }

  /// The server takes the push and dies before it can say so.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func lostReplyCountsAsPublished() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let store = try store(server.remote())
    let commit = try await store.commit(Self.change("a.json", "1"))
    try upstream.install(
      hook: "post-receive",
      "kill -9 $PPID $(ps -o ppid= -p $PPID) $(ps -o ppid= -p $(ps -o ppid= -p $PPID))")
    #expect(try await store.publish() == .published(commits: 1))
    #expect(try upstream.runBare(["rev-parse", "serin/ledger"]) == commit)
    #expect(try await store.publish() == .nothingToPublish)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wrongPasswordIsNotARefusal() async throws {
    _ = try Upstream(in: folder)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    let store = try store(server.remote(password: "hunter2"))
    _ = try await store.commit(Self.change("a.json", "1"))
    let error = await #expect(throws: GitError.self) { _ = try await store.publish() }
    #expect(error?.kind == .authentication)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func publishingOverSSH() async throws {
    let upstream = try Upstream(in: folder)
    let server = try await SSHServer(in: folder)
    let remote = try server.remote(upstream.folder.path, knowing: server.line("ed25519"))
    let store = try store(remote)
    #expect(try await store.compare().relation == .level)
    _ = try await store.commit(Self.change("a.json", "1"))
    #expect(try await store.publish() == .published(commits: 1))
    try upstream.install(hook: "update", "exit 1")
    _ = try await store.commit(Self.change("b.json", "2"))
    #expect(
      try await store.publish()
        == .refused("hook declined; error: hook declined to update refs/heads/serin/ledger"))
  }
}

/// The ledger as `serin status` reads it.
@Suite struct LedgerBranchTests {
  private var folder: URL { TemporaryFolder.current }

  /// A remote with one published record.
  private func published() async throws -> (upstream: Upstream, commit: String) {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let store = try GitLedgerStore(
      remote: GitRemote(upstream.folder.path), repository: folder.appending(path: "ledger").path,
      committer: Committer(name: "Serin", email: "serin@example.org"))
    let commit = try await store.commit(
      LedgerChange(
        files: ["ns/name.yaml": Array("phase: healthy\n".utf8)], message: "promote",
        date: Instant(milliseconds: 1_790_000_000_123)))
    _ = try await store.publish()
    return (upstream, commit)
  }

  private func check(_ branch: LedgerBranch, _ commit: String) async throws {
    #expect(branch.commit == commit)
    #expect(branch.date == Instant(milliseconds: 1_790_000_000_000))
    #expect(try await branch.paths() == ["ns/name.yaml"])
    #expect(try await branch.read("ns/name.yaml") == Array("phase: healthy\n".utf8))
    #expect(try await branch.read("none") == nil)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func clonesAreReadWhereTheyAre() async throws {
    let (upstream, commit) = try await published()
    try await check(LedgerBranch(clone: upstream.folder.path), commit)
    let clone = folder.appending(path: "checkout").path
    try git(["clone", "--quiet", upstream.folder.path, clone])
    try FileManager.default.createDirectory(
      atPath: clone + "/sub/folder", withIntermediateDirectories: true)
    // Only origin/serin/ledger exists there.
    try await check(LedgerBranch(clone: clone), commit)
    try await check(LedgerBranch(clone: clone + "/sub/folder"), commit)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func remotesAreFetchedAndNothingStays() async throws {
    let (upstream, commit) = try await published()
    let remote = try GitRemote(upstream.folder.path)
    var branch: LedgerBranch? = try await LedgerBranch.fetched(from: remote)
    try await check(try #require(branch), commit)
    let temporary = try #require(await branch?.temporary)
    #expect(FileManager.default.fileExists(atPath: temporary))
    branch = nil
    try await eventually { !FileManager.default.fileExists(atPath: temporary) }
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func missingLedgersAreNamed() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let local = #expect(throws: GitError.self) {
      _ = try LedgerBranch(clone: upstream.folder.path)
    }
    #expect(local?.kind == .notFound)
    #expect(local?.message.contains("origin/serin/ledger") == true)
    let remote = try GitRemote(upstream.folder.path)
    let fetched = await #expect(throws: GitError.self) {
      _ = try await LedgerBranch.fetched(from: remote)
    }
    #expect(fetched?.kind == .notFound)
    #expect(throws: GitError.self) { _ = try LedgerBranch(clone: "/nonexistent") }
  }
}
