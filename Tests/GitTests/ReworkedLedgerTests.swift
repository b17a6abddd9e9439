import Control
import Foundation
import Git
import Ledger
import Manifests
import TestKit
import Testing

/// Right commits of right keys, put together anew by somebody who has none: what may be pushed is no history.
@Suite struct ReworkedLedgerTests {
  private static let key = SigningKey(comment: "ours")

  private var folder: URL { TemporaryFolder.current }

  /// What becomes of the commits 0 to 3 of a ledger; 10 to 13 are those of another one with the same key.
  static let reworks: [(String, [Int], firstWrong: Int)] = [
    ("two change places", [0, 1, 3, 2], 2),
    ("the first are last", [2, 3, 0, 1], 0),
    ("one is left out", [0, 2, 3], 1),
    ("the beginning is gone", [1, 2, 3], 0),
    ("one comes twice", [0, 1, 2, 2, 3], 3),
    ("all comes twice", [0, 1, 2, 3, 0, 1, 2, 3], 4),
    ("another ledger goes on", [0, 1, 12, 13], 2),
    ("another ledger is put before", [10, 11, 2, 3], 2),
  ]

  /// Nothing of it is taken over by an empty folder, and the first commit that is wrong has a name.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: reworks)
  func nothingOfItIsObeyed(name: String, order: [Int], firstWrong: Int) async throws {
    let (ours, others) = (
      try await ledger("ours", decisions: 3), try await ledger("others", decisions: 3)
    )
    try ours.runBare(["fetch", "--quiet", others.folder.path, "serin/ledger:others"])
    let known = try commits(of: "serin/ledger", in: ours) + commits(of: "others", in: ours)
    let chosen = order.map { known[$0 < 10 ? $0 : $0 - 10 + 4] }
    let made = try Self.chain(chosen, in: ours)
    try ours.runBare(["update-ref", "refs/heads/serin/ledger", try #require(made.last)])
    let store = try store(ours)
    let standing = try await store.compare()
    #expect(standing.relation == .behind && !standing.canFollow && standing.epoch == nil)
    #expect(standing.distrust?.commit == made[firstWrong], "\(standing)")
    try await store.catchUp()
    #expect(try await store.paths() == [])
  }

  /// A commit with two parents is none of a ledger, whoever signed them.
  @Test(.temporaryFolder, .timeLimit(.minutes(5))) func mergesAreNotObeyed() async throws {
    let ours = try await ledger("ours", decisions: 2)
    let tip = try ours.runBare(["rev-parse", "serin/ledger"])
    let merge = try ours.runBare(
      ["commit-tree", "\(tip)^{tree}", "-p", tip, "-p", "\(tip)~1", "-m", "merge"])
    try ours.runBare(["update-ref", "refs/heads/serin/ledger", merge])
    let standing = try await store(ours).compare()
    #expect(!standing.canFollow && standing.distrust?.commit == merge, "\(standing)")
  }

  /// A ledger of an epoch and some decisions.
  private func ledger(_ name: String, decisions: Int) async throws -> Upstream {
    let upstream = try Upstream(in: folder, named: name)
    let machine = try await PublishingMachine(
      GitRemote(upstream.folder.path), in: folder.appending(path: "machine-\(name)"),
      life: name, signingWith: Self.key)
    for _ in 0..<decisions { try await machine.decide() }
    return upstream
  }

  private func store(_ upstream: Upstream) throws -> VerifyingStore {
    let signers = AllowedSigners(nil, and: Self.key.publicKey, of: "machine")
    let store = try GitLedgerStore(
      remote: GitRemote(upstream.folder.path), repository: folder.appending(path: "new.git").path,
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: Self.key)
    return VerifyingStore(store, signers: { signers })
  }

  private func commits(of branch: String, in upstream: Upstream) throws -> [String] {
    try upstream.runBare(["rev-list", "--reverse", branch]).split(separator: "\n").map(String.init)
  }

  /// Writes commits once more, each over the one before; those that stay where they were keep their names.
  private static func chain(_ commits: [String], in upstream: Upstream) throws -> [String] {
    let words = ["python3", "-c", script, upstream.folder.path] + commits
    return try shell(words).split(separator: "\n").map(String.init)
  }

  private static let script = """
    import subprocess, sys
    def git(*words, data=None):
        return subprocess.run(["git", "-C", sys.argv[1], *words], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    last = None
    for name in sys.argv[2:]:
        head, _, message = git("cat-file", "commit", name).partition(b"\\n\\n")
        lines = [line for line in head.split(b"\\n") if not line.startswith(b"parent ")]
        if last: lines.insert(1, b"parent " + last)
        whole = b"\\n".join(lines) + b"\\n\\n" + message
        last = git("hash-object", "-t", "commit", "-w", "--stdin", data=whole).strip()
        print(last.decode())
    """
}
