import Control
import Foundation
import Git
import Ledger
import TestKit
import Testing
import Threads

/// Who changed a manifest or its profile, in histories as people make them.
@Suite struct SourceAuthorTests {
  /// A history from the commit that was in force, marked as "base"; who is found for `a.yaml`, its profile
  /// `p.yaml`, and `b.yaml`, to which it may have been moved.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      // Another person's unrelated commit in the same push.
      (["base", "Ada a.yaml=2", "Bob README=1"], ["Ada a.yaml"]),
      (["base", "Bob README=1"], []),
      (["base"], []),
      (["base", "Ada a.yaml=2", "Eve README=1", "Bob a.yaml=3"], ["Ada a.yaml", "Bob a.yaml"]),
      // A pair that takes itself back, and each that does.
      (["base", "Ada a.yaml=2", "Bob a.yaml=1"], ["Ada a.yaml", "Bob a.yaml"]),
      // The profile alone, and both at once.
      (["base", "Bob p.yaml=2", "Eve README=1"], ["Bob p.yaml"]),
      (["base", "Bob p.yaml=2 a.yaml=2"], ["Bob a.yaml p.yaml"]),
      // Moved, and removed.
      (["base", "Ada a.yaml=2", "Bob -a.yaml b.yaml=2"], ["Ada a.yaml", "Bob a.yaml b.yaml"]),
      (["base", "Bob -a.yaml", "Eve README=1"], ["Bob a.yaml"]),
      // Merged: whoever wrote on the branch, and not whoever merged it.
      (
        ["base", "new side", "Bob a.yaml=2", "on main", "Eve README=1", "Eve merges a.yaml=2"],
        ["Bob a.yaml"]
      ),
      // The branch began before what is in force.
      (
        ["new side", "Bob README=1", "on main", "Ada a.yaml=2", "base", "Eve merges a.yaml=2"], []
      ),
      (
        ["new side", "Bob a.yaml=3", "on main", "Ada a.yaml=2", "base", "Eve merges a.yaml=3"],
        ["Bob a.yaml"]
      ),
      // A merge that makes something new of both, or takes back what was in force.
      (
        ["base", "new side", "Bob a.yaml=2", "on main", "Ada a.yaml=3", "Eve merges a.yaml=4"],
        ["Ada a.yaml", "Bob a.yaml", "Eve a.yaml"]
      ),
      (
        ["new side", "Bob README=1", "on main", "Ada a.yaml=2", "base", "Eve merges a.yaml=1"],
        ["Eve a.yaml"]
      ),
      (
        [
          "new side", "Bob README=1", "on main", "Ada a.yaml=2", "base", "Eve merges a.yaml=1",
          "Bob p.yaml=9",
        ], ["Bob p.yaml", "Eve a.yaml"]
      ),
    ] as [([String], [String])])
  func whoChangedIt(steps: [String], expected: [String]) async throws {
    let history = try PlayedHistory()
    for step in steps { try history.play(step) }
    let changes = try await history.changes()
    #expect(changes.listed.map(history.told).sorted() == expected, "\(steps)")
    #expect(changes.more == 0)
  }

  /// Whose changes of `a.yaml` no other came after: whoever signs for the file must know of all before.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: [
      (["base"], []), (["Bob a.yaml=2"], ["Bob a.yaml"]),
      (["base", "Eve a.yaml=2", "Ada a.yaml=3", "Bob README=1"], ["Ada a.yaml"]),
      (["base", "Ada a.yaml=2", "Eve a.yaml=3"], ["Eve a.yaml"]),
      (
        ["base", "new side", "Bob a.yaml=2", "on main", "Eve README=1", "Eve merges a.yaml=2"],
        ["Bob a.yaml"]
      ),
      // Two who did not know of each other, of whom the merge takes one; and somebody who knows of both.
      (
        ["base", "new side", "Bob a.yaml=2", "on main", "Ada a.yaml=3", "Eve merges a.yaml=3"],
        ["Ada a.yaml", "Bob a.yaml"]
      ),
      (
        [
          "base", "new side", "Bob a.yaml=2", "on main", "Ada a.yaml=3", "Eve merges a.yaml=3",
          "Ada a.yaml=4",
        ], ["Ada a.yaml"]
      ),
      // An old version, signed in its time, that a merge brings back.
      (
        ["new side", "Bob README=1", "on main", "Ada a.yaml=2", "base", "Eve merges a.yaml=1"],
        ["Eve a.yaml"]
      ),
    ] as [([String], [String])])
  func whoChangedItLast(steps: [String], expected: [String]) async throws {
    let history = try PlayedHistory()
    for step in steps { try history.play(step) }
    let changes = try #require(try await history.lastChanges())
    #expect(changes.map(history.told).sorted() == expected, "\(steps)")
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func newestComesFirstAndTheListIsBounded() async throws {
    let history = try PlayedHistory()
    try history.play("base")
    for number in 2...26 { try history.play("Ada\(number) a.yaml=\(number)") }
    let changes = try await history.changes()
    #expect(changes.listed.map(history.told) == (7...26).reversed().map { "Ada\($0) a.yaml" })
    #expect(changes.more == 5)
  }

  /// At the first sight, whoever changed each file last, also behind merges.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func firstSight() async throws {
    let history = try PlayedHistory()
    for step in [
      "Ada a.yaml=2", "new side", "Bob p.yaml=2", "on main", "Eve README=1",
      "Eve merges p.yaml=2", "Eve README=2",
    ] {
      try history.play(step)
    }
    let changes = try await history.changes()
    #expect(changes.listed.map(history.told) == ["Ada a.yaml", "Bob p.yaml"])
    #expect(changes.more == 0)
  }

  /// What was in force is gone: what is there now has an author, and that it may not be all is said.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: ["amend", "reset", "forgotten"])
  func rewrittenHistoryIsNotComplete(how: String) async throws {
    let history = try PlayedHistory()
    try history.play("Bob a.yaml=2")
    try history.play("base")
    let expected: [String]
    switch how {
    case "amend":
      try history.rewind()
      try history.play("Eve a.yaml=3")
      expected = ["Eve a.yaml"]
    case "reset":
      try history.rewind()
      expected = ["Ada a.yaml p.yaml"]
    default:
      history.base.withLock { $0 = String(repeating: "e", count: 40) }
      expected = ["Bob a.yaml", "Ada p.yaml"]
    }
    let changes = try await history.changes()
    #expect(changes.listed.map(history.told) == expected)
    #expect(changes.more == nil)
  }

  /// A push of more commits than are looked at: of the newest, it is said.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func longHistoriesAreCut() async throws {
    let history = try PlayedHistory()
    try history.play("base")
    try history.grow(by: 10_100)
    try history.play("Bob a.yaml=2")
    let start = ContinuousClock.now
    let changes = try await history.changes()
    #expect(changes.listed.map(history.told) == ["Bob a.yaml"] && changes.more == nil)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  /// What an author calls himself is one short line in the record.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: ["\u{1B}[31mEve\u{202E}\u{85}", String(repeating: "e", count: 100_000)])
  func hostileNamesAreMadeSafe(name: String) async throws {
    let history = try PlayedHistory()
    try history.play("base")
    let object = """
      tree \(try history.git("rev-parse", "HEAD^{tree}"))
      author \(name) <eve@example.org> 1790000000 +0000
      committer Eve <eve@example.org> 1790000000 +0000

      x
      """
    try history.adopt(object)
    let author = try #require(try await history.changes(since: nil).listed.first?.author)
    #expect(author.count <= 200)
    #expect(!author.unicodeScalars.contains { $0.properties.generalCategory == .control })
    #expect(!author.unicodeScalars.contains { $0.properties.generalCategory == .format })
  }

  /// Each change has its own signature, whatever the tip has.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func everyChangeHasItsSigner() async throws {
    let team = try SigningTeam()
    for name in ["ada", "eve"] { try team.makeKey(name) }
    let source = try team.source(try team.signers(["ada"]))
    let base = try team.commit("1", signedBy: "ada")
    try team.commit("2", signedBy: "ada")
    try team.commit("3", signedBy: "eve")
    try team.commit("4")
    let tip = try team.commit("words", at: "README.md", signedBy: "ada")
    _ = try await source.fetch()
    let changes = try await source.changes(of: ["models/a.yaml"], since: base, until: tip)
    #expect(changes.listed.map(\.signer?.status) == [.unsigned, .unknownKey, .good])
    #expect(changes.listed.last?.signer?.principal == "ada@example.org")
  }

  /// An auditor's clone shows whether a commit that a record names is there, whose it is, and whether it
  /// changed what it says.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func clonesShowWhetherItIsTrue() async throws {
    let history = try PlayedHistory()
    try history.play("Bob a.yaml=2")
    try history.git("push", "--quiet", "origin", "HEAD:main")
    let commit = try history.git("rev-parse", "HEAD")
    let archive = try ManifestArchive(clone: history.upstream.folder.path)
    let bob = "Bob <bob@example.org>"
    for (change, problem) in [
      (SourceChange(commit: commit, author: bob, paths: ["a.yaml"]), nil),
      (SourceChange(commit: commit, author: bob, paths: []), nil),
      (
        SourceChange(commit: commit, author: bob, paths: ["a.yaml", "p.yaml"]),
        "a commit that does not change p.yaml"
      ),
      (SourceChange(commit: commit, author: "Eve", paths: ["a.yaml"]), "a commit by \(bob)"),
      (
        SourceChange(commit: String(repeating: "e", count: 40), author: bob, paths: []),
        "no such commit"
      ),
      (SourceChange(commit: "HEAD", author: bob, paths: []), "no such commit"),
    ] as [(SourceChange, String?)] {
      #expect(try await archive.problem(with: change) == problem)
    }
  }
}

/// A repository in which Ada wrote `a.yaml` and its profile, and what people do then.
private struct PlayedHistory {
  let upstream: Upstream
  let base = Lock<String?>(nil)

  init() throws {
    upstream = try Upstream(in: TemporaryFolder.current)
    try upstream.commit(["a.yaml": "1", "p.yaml": "1", "README": "0"])
  }

  @discardableResult
  func git(_ arguments: String...) throws -> String { try upstream.run(arguments) }

  /// "Ada a.yaml=2", "Bob -a.yaml", "Eve merges a.yaml=1" (the branch `side`, with that in the result),
  /// "new side", "on main", "base".
  func play(_ step: String) throws {
    var words = step.split(separator: " ").map(String.init)
    let name = words.removeFirst()
    switch name {
    case "base": base.withLock { $0 = try? git("rev-parse", "HEAD") }
    case "new": try git("checkout", "--quiet", "-b", words[0])
    case "on": try git("checkout", "--quiet", words[0])
    default:
      let isMerge = words.first == "merges"
      if isMerge {
        words.removeFirst()
        try git("merge", "--quiet", "--no-commit", "--no-ff", "-s", "ours", "side")
      }
      try commit(words, by: name)
    }
  }

  private func commit(_ files: [String], by name: String) throws {
    for file in files {
      let parts = file.split(separator: "=").map(String.init)
      if file.hasPrefix("-") {
        try git("rm", "--quiet", String(file.dropFirst()))
      } else {
        try upstream.write([parts[0]: parts[1]])
      }
    }
    try git("add", "--all")
    try upstream.run(
      ["commit", "--quiet", "--allow-empty", "-m", "change"],
      environment: [
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": "\(name.lowercased())@example.org",
      ])
  }

  /// Takes the newest commit away.
  func rewind() throws { try git("reset", "--quiet", "--hard", "HEAD~") }

  /// Adds commits that change nothing.
  func grow(by count: Int) throws {
    let script = """
      parent=$(git rev-parse HEAD); tree=$(git rev-parse 'HEAD^{tree}')
      { echo "reset refs/heads/main"; echo "from $parent"; echo
        for number in $(seq \(count)); do
          printf 'commit refs/heads/main\\ncommitter Eve <eve@example.org> %d +0000\\ndata 1\\nx\\n' \\
            $((1790000000 + number))
        done
      } | git fast-import --quiet --force
      git reset --quiet --hard main
      """
    let work = try git("rev-parse", "--show-toplevel")
    try shell(["sh", "-c", "cd '\(work)' && \(script)"])
  }

  /// Makes a commit of its text the tip.
  func adopt(_ object: String) throws {
    let file = TemporaryFolder.current.appending(path: "object")
    try Data(object.utf8).write(to: file)
    let commit = try git("hash-object", "-t", "commit", "-w", "--literally", file.path)
    try git("reset", "--quiet", "--hard", commit)
  }

  func changes() async throws -> SourceChanges { try await changes(since: base.withLock { $0 }) }

  /// Pushes all of it, and asks a source who it was.
  func changes(since base: String?) async throws -> SourceChanges {
    let (source, tip) = try await fetched(since: base)
    return try await source.changes(of: ["a.yaml", "p.yaml", "b.yaml"], since: base, until: tip)
  }

  /// Pushes all of it, and asks a source who changed `a.yaml` last.
  func lastChanges() async throws -> [SourceChange]? {
    let base = base.withLock { $0 }
    let (source, tip) = try await fetched(since: base)
    return try await source.lastChanges(of: "a.yaml", since: base, until: tip)
  }

  private func fetched(since base: String?) async throws -> (source: GitSource, tip: String) {
    let clone = TemporaryFolder.current.appending(path: "clone").path
    let source = try GitSource(remote: GitRemote(upstream.folder.path), repository: clone)
    // What was in force was fetched when it was.
    if let base { _ = try? git("push", "--quiet", "--force", "origin", "\(base):refs/heads/main") }
    _ = try await source.fetch()
    try git("push", "--quiet", "--force", "origin", "HEAD:main")
    return (source, try #require(try await source.fetch()).commit)
  }

  /// "Ada a.yaml p.yaml".
  func told(_ change: SourceChange) -> String {
    ([String(change.author.prefix { $0 != " " })] + change.paths).joined(separator: " ")
  }
}
