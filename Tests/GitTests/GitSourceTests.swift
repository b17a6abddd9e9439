import Control
import Foundation
import Git
import TestKit
import Testing

/// What a source makes of a repository, over files: the same code reads whatever brought it here.
@Suite struct GitSourceTests {
  private var folder: URL { TemporaryFolder.current }

  private func source(
    _ upstream: Upstream, branch: String? = nil, path: String = ""
  ) throws -> GitSource {
    try GitSource(
      remote: GitRemote(upstream.folder.path), branch: branch, path: path,
      repository: folder.appending(path: "clone").path)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func tipSaysWhoCommittedWhat() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"], message: "try version 8\n\nIt is better.")
    let tip = try #require(try await source(upstream).fetch())
    #expect(tip.commit == commit)
    #expect(tip.author == "Ada Lovelace <ada@example.org>")
    #expect(tip.message == "try version 8\n\nIt is better.\n")
    #expect(tip.rewrittenFrom == nil)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func entriesAreListedInPathOrderWithTheirSizes() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit([
      "teams/a/x.yaml": "12345", "teams/a.yaml": "1", "teams/b/y.yaml": "", "other.yaml": "no",
    ])
    for path in ["teams", "./teams/", "teams/."] {
      let source = try source(upstream, path: path)
      _ = try await source.fetch()
      let entries = try await source.entries(at: commit)
      #expect(entries.map(\.path) == ["teams/a.yaml", "teams/a/x.yaml", "teams/b/y.yaml"])
      #expect(entries.map(\.size) == [1, 5, 0])
      #expect(entries.allSatisfy { $0.kind == .file })
      #expect(try await source.read(entries[1].blob) == Array("12345".utf8))
    }
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["", ".", "/", "./"])
  func emptyPathIsTheWholeTree(path: String) async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a", "b/c.yaml": "c"])
    let source = try source(upstream, path: path)
    _ = try await source.fetch()
    #expect(try await source.entries(at: commit).map(\.path) == ["a.yaml", "b/c.yaml"])
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func missingPathHasNoEntries() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    for path in ["models", "a.yaml/b", "models/x"] {
      let source = try source(upstream, path: path)
      _ = try await source.fetch()
      #expect(try await source.entries(at: commit).isEmpty)
    }
    let file = try source(upstream, path: "a.yaml")
    #expect(try await file.entries(at: commit).map(\.path) == ["a.yaml"])
  }

  /// A link that leads out of the repository is reported as a link, and its target is never read.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func linksAndSubmodulesAreReportedAsSuch() async throws {
    let upstream = try Upstream(in: folder)
    let first = try upstream.commit(["a.yaml": "a"])
    let target = try upstream.run(["hash-object", "-w", "--stdin"].prefix(2) + ["a.yaml"])
    for entry in ["120000,\(target),link.yaml", "160000,\(first),module"] {
      try upstream.run(["update-index", "--add", "--cacheinfo", entry])
    }
    let commit = try upstream.commitStaged()
    let source = try source(upstream)
    _ = try await source.fetch()
    let entries = try await source.entries(at: commit)
    #expect(entries.map(\.path) == ["a.yaml", "link.yaml", "module"])
    #expect(entries.map(\.kind) == [.file, .symbolicLink, .submodule])
    #expect(entries.map(\.size) == [1, 1, 0])
    #expect(entries[2].blob == first)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func emptyRepositoryHasNoTip() async throws {
    let upstream = try Upstream(in: folder)
    let source = try source(upstream)
    #expect(try await source.fetch() == nil)
    let commit = try upstream.commit(["a.yaml": "a"])
    #expect(try await source.fetch()?.commit == commit)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func missingAndDeletedBranchesHaveNoTip() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let source = try source(upstream, branch: "staging")
    #expect(try await source.fetch() == nil)
    let commit = try upstream.commit(["b.yaml": "b"], to: "staging")
    #expect(try await source.fetch()?.commit == commit)
    try upstream.runBare(["branch", "-D", "staging"])
    #expect(try await source.fetch() == nil)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func withoutABranchTheRemotesHeadIsFollowed() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let nested = try upstream.commit(["b.yaml": "b"], to: "trunk/next")
    let source = try source(upstream)
    try upstream.runBare(["symbolic-ref", "HEAD", "refs/heads/trunk/next"])
    #expect(try await source.fetch()?.commit == nested)
    try upstream.run(["checkout", "--quiet", "main"])
    try upstream.runBare(["update-ref", "-d", "refs/heads/trunk/next"])
    try upstream.run(["branch", "-D", "trunk/next"])
    let flat = try upstream.commit(["c.yaml": "c"], to: "trunk")
    try upstream.runBare(["symbolic-ref", "HEAD", "refs/heads/trunk"])
    #expect(try await source.fetch()?.commit == flat)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rewrittenHistoryIsNoticedOnce() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a.yaml": "a"])
    let old = try upstream.commit(["a.yaml": "b"])
    let first = try source(upstream)
    #expect(try await first.fetch()?.rewrittenFrom == nil)
    let new = try upstream.commit(["a.yaml": "c"], amending: true)
    // Noticed by the process after the one that saw the old tip, too.
    let second = try source(upstream)
    let tip = try await second.fetch()
    #expect(tip?.commit == new)
    #expect(tip?.rewrittenFrom == old)
    #expect(try await second.fetch()?.rewrittenFrom == nil)
    try upstream.commit(["a.yaml": "d"])
    #expect(try await second.fetch()?.rewrittenFrom == nil)
    // What was read before the rewrite can still be read.
    #expect(try await second.entries(at: old).count == 1)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func restartFindsEverythingAndClearsStaleLocks() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    _ = try await source(upstream).fetch()
    let clone = folder.appending(path: "clone")
    let locks = ["refs/serin/source/main.lock", "config.lock", "packed-refs.lock"]
    for lock in locks { try Data().write(to: clone.appending(path: lock)) }
    let source = try source(upstream)
    for lock in locks {
      #expect(!FileManager.default.fileExists(atPath: clone.appending(path: lock).path))
    }
    #expect(try await source.entries(at: commit).map(\.path) == ["a.yaml"])
    let next = try upstream.commit(["a.yaml": "b"])
    #expect(try await source.fetch()?.commit == next)
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func unknownObjectsAreNamed() async throws {
    let upstream = try Upstream(in: folder)
    let commit = try upstream.commit(["a.yaml": "a"])
    let source = try source(upstream)
    _ = try await source.fetch()
    let nothing = String(repeating: "0", count: 40)
    for name in [nothing, "main", "../../etc/passwd", ""] {
      await #expect(throws: GitError.self) { _ = try await source.entries(at: name) }
      await #expect(throws: GitError.self) { _ = try await source.read(name) }
    }
    let error = await #expect(throws: GitError.self) { _ = try await source.read(commit) }
    #expect(error?.message == "it is not a blob")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func missingRemoteIsNamed() async throws {
    let source = try GitSource(
      remote: GitRemote("/nonexistent/models.git"),
      repository: folder.appending(path: "clone").path)
    let error = await #expect(throws: GitError.self) { _ = try await source.fetch() }
    #expect(error?.kind == .notFound)
    #expect(error?.operation == "fetch file:///nonexistent/models.git")
  }
}
