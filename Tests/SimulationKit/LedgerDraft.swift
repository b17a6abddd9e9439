import Audit
package import Ledger
import Encoding
import Rollouts

/// A commit of a ledger before it has a parent and a signature: what an audit is tried on.
package struct LedgerDraft: Sendable {
  package var changes: [FileChange]
  package var message: String
  package var seconds: Int64
  package var committer = "Serin <serin@example.org>"
  /// Whoever signs it, or nobody.
  package var key: SigningKey?

  /// Returns the drafts of a ledger's commits, all signed by one key.
  package static func drafts(of ledger: [LedgerChange], key: SigningKey?) -> [LedgerDraft] {
    var present: Set<String> = []
    var last = Int64.min
    return ledger.map { change in
      let changes = change.files.sorted { $0.key < $1.key }.map { path, contents in
        FileChange(
          path: path, kind: present.insert(path).inserted ? .added : .modified, isPlain: true,
          contents: contents)
      }
      last = max(last, change.date.milliseconds / 1000)
      return LedgerDraft(changes: changes, message: change.message, seconds: last, key: key)
    }
  }

  /// Returns the commits, each on top of the one before.
  package static func commits(of drafts: [LedgerDraft]) throws -> [LedgerCommit] {
    var commits: [LedgerCommit] = []
    for draft in drafts { commits.append(try draft.commit(over: commits.last?.id)) }
    return commits
  }

  private func commit(over parent: String?) throws -> LedgerCommit {
    // No tree is built, but the name of one depends on its files.
    let tree = sha256Hex(changes.flatMap { Array($0.path.utf8) + $0.contents }).prefix(40)
    let name = "\(committer) \(seconds) +0000"
    let header = """
      tree \(tree)
      \(parent.map { "parent \($0)\n" } ?? "")author \(name)
      committer \(name)

      """
    let payload = Array("\(header)\n\(message)".utf8)
    var object = payload
    if let key {
      let signature = try key.sign(payload).split(separator: "\n").joined(separator: "\n ")
      object = Array("\(header)gpgsig \(signature)\n\n\(message)".utf8)
    }
    return LedgerCommit(
      id: String(sha256Hex(object).prefix(40)), object: object, changes: changes)
  }
}

extension World {
  /// Makes every decision of the ledger again from what was recorded, and returns how many there are.
  package func audited() throws -> Int {
    let key = SigningKey(comment: "")
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "simulation")))
    for commit in try LedgerDraft.commits(of: LedgerDraft.drafts(of: ledger, key: key)) {
      try audit.check(commit)
    }
    return audit.report.decisions
  }
}
