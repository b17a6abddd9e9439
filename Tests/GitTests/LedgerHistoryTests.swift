import Foundation
import Git
import Ledger
import Randomness
import TestKit
import Testing

/// What an audit is told of each commit, compared with what git itself says.
@Suite struct LedgerHistoryTests {
  private var folder: URL { TemporaryFolder.current }
  private static let branch = "serin/ledger"

  private func history(of upstream: Upstream, after base: String? = nil) async throws
    -> [LedgerCommit]
  {
    let branch = try LedgerBranch(clone: upstream.folder.path)
    let count = try await branch.begin(after: base)
    var commits: [LedgerCommit] = []
    while let commit = try await branch.next() { commits.append(commit) }
    #expect(commits.count == count)
    return commits
  }

  private static func shown(_ change: FileChange) -> String {
    let text = String(decoding: change.contents, as: UTF8.self)
    return "\(change.kind) \(change.path)\(change.isPlain ? "" : " odd") \(text)"
  }

  /// Files that come, change and go, also by becoming a folder, a link or a program.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func everyChangeIsTold() async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a": "1", "b/c/d": "2", "b/e": "3", "f": "4"], to: Self.branch)
    try upstream.commit(["a": "5", "b/c/x": "6"], to: Self.branch)
    try upstream.run(["rm", "--quiet", "-r", "b", "f"])
    try upstream.commit(["f/g": "7", "b": "8"], to: Self.branch)
    try upstream.run(["update-index", "--chmod=+x", "a"])
    try upstream.commitStaged(to: Self.branch)
    let link = try upstream.run(["rev-parse", "HEAD:a"])
    try upstream.run(["update-index", "--add", "--cacheinfo", "120000,\(link),b"])
    let head = try upstream.run(["rev-parse", "HEAD"])
    try upstream.run(["update-index", "--add", "--cacheinfo", "160000,\(head),sub"])
    try upstream.commitStaged(to: Self.branch)
    let commits = try await history(of: upstream)
    #expect(
      commits.map { $0.changes.map(Self.shown) } == [
        ["added a 1", "added b/c/d 2", "added b/e 3", "added f 4"],
        ["modified a 5", "added b/c/x 6"],
        [
          "added b 8", "removed b/c/d ", "removed b/c/x ", "removed b/e ", "removed f ",
          "added f/g 7",
        ],
        ["modified a odd 5"], ["modified b odd 5", "added sub odd "],
      ])
  }

  /// Names that begin alike, files that become folders, and a folder of many: as `git diff-tree` says.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: UInt64(0)..<4)
  func changesAreThoseOfGit(seed: UInt64) async throws {
    let upstream = try Upstream(in: folder)
    var random = SplitMix64(seed: seed)
    try upstream.commit(["1": "1", "2": "2"], to: Self.branch)
    let blobs = try ["1", "2"].map { try upstream.run(["hash-object", "-w", $0]) }
    for _ in 0..<12 {
      try upstream.run(["read-tree", "--empty"])
      for path in Self.paths(&random) {
        let blob = blobs[random.happens(onceIn: 8) ? 1 : 0]
        try upstream.run(["update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)"])
      }
      try upstream.commitStaged(to: Self.branch)
    }
    for commit in try await history(of: upstream) {
      let said = try upstream.runBare(
        ["diff-tree", "-r", "--root", "--no-renames", "--no-commit-id", "--name-status", commit.id])
      let told = commit.changes.map { "\($0.kind.letter)\t\($0.path)" }
      #expect(told.sorted() == said.split(separator: "\n").map(String.init).sorted())
    }
  }

  private static func paths(_ random: inout SplitMix64) -> [String] {
    let alike = ["a", "a.b", "a0", "ab", "b-c", "b.c/d", "b/c"]
    let many = (100..<130).map { "days/\($0).json" }
    let folder = random.happens(onceIn: 2) ? "c" : "c/d"
    // No name may be a file and a folder at once.
    let dash = random.happens(onceIn: 2) ? "a-" : "a-/b"
    return [folder, dash]
      + (alike + many).filter { path in
        !random.happens(onceIn: path.hasPrefix("days") ? 20 : 3)
      }
  }

  /// Whatever a hostile repository calls a folder; "|" stands for the zero before a name of an object.
  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)),
    arguments: ["x", "100644 a", "100644 |", "999 a|", "100644a|", "1000000 a|", "40000 a|"])
  func whatIsNoFolderIsRefused(begin: String) async throws {
    let upstream = try Upstream(in: folder)
    try upstream.commit(["a": "1"], to: Self.branch)
    let blob = try upstream.run(["rev-parse", "HEAD:a"])
    let id = stride(from: 0, to: 40, by: 2).map { place in
      UInt8(blob.dropFirst(place).prefix(2), radix: 16) ?? 0
    }
    let file = folder.appending(path: "tree")
    let bytes = begin.utf8.map { $0 == UInt8(ascii: "|") ? 0 : $0 }
    try Data(bytes + (bytes.last == 0 ? id : [])).write(to: file)
    let tree = try upstream.runBare(["hash-object", "-t", "tree", "-w", "--literally", file.path])
    let commit = try upstream.runBare(["commit-tree", "-m", "folder", tree])
    try upstream.runBare(["update-ref", "refs/heads/\(Self.branch)", commit])
    let error = await #expect(throws: GitError.self) { _ = try await history(of: upstream) }
    #expect(error?.description.contains("it is no") == true, "\(String(describing: error))")
  }

  /// The objects are git's own bytes, and history is the line of first parents behind the base.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func objectsAreGitsOwn() async throws {
    let upstream = try Upstream(in: folder)
    var ids: [String] = []
    for number in 1...4 {
      ids.append(try upstream.commit(["a": "\(number)"], to: Self.branch, message: "ü \(number)"))
    }
    let commits = try await history(of: upstream)
    #expect(commits.map(\.id) == ids)
    for commit in commits {
      let object = try upstream.runBare(["cat-file", "commit", commit.id])
      let bytes = String(decoding: commit.object, as: UTF8.self)
      #expect(bytes.trimmingCharacters(in: .whitespacesAndNewlines) == object)
    }
    #expect(try await history(of: upstream, after: ids[1]).map(\.id) == [ids[2], ids[3]])
    #expect(try await history(of: upstream, after: ids[3]).isEmpty)
  }

  /// A commit is found by the beginning of its name, and only where history leads through it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func ancestorsAreOnTheBranch() async throws {
    let upstream = try Upstream(in: folder)
    let old = try upstream.commit(["a": "1"], to: Self.branch)
    let tip = try upstream.commit(["a": "2"], to: Self.branch)
    let other = try upstream.commit(["a": "3"], to: "main")
    let branch = try LedgerBranch(clone: upstream.folder.path)
    #expect(try await branch.ancestor(String(old.prefix(10)))?.commit == old)
    #expect(try await branch.ancestor(tip)?.commit == tip)
    #expect(try await branch.ancestor(other)?.commit == nil)
    #expect(try await branch.ancestor(String(repeating: "0", count: 40))?.commit == nil)
    for name in ["", "main", "abc", "HEAD~1", String(repeating: "0", count: 41)] {
      await #expect(throws: GitError.self) { _ = try await branch.ancestor(name) }
    }
    let reader = try await branch.reader(at: old)
    #expect(try await reader.newest().isEmpty)
  }
}

extension FileChange.Kind {
  /// As git shows it.
  fileprivate var letter: String {
    switch self {
    case .added: "A"
    case .modified: "M"
    case .removed: "D"
    }
  }
}
