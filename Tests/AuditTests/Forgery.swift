import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit

/// A ledger in memory that can be made anew with anything changed, and signed by anybody.
struct Forgery {
  static let key = SigningKey(comment: "controller")
  var drafts: [LedgerDraft]

  init(_ ledger: [LedgerChange] = SmallLedger.changes(signer: key.publicKey)) {
    drafts = LedgerDraft.drafts(of: ledger, key: Self.key)
  }

  static func signers(_ text: String? = nil) throws -> AllowedSigners {
    try AllowedSigners(text ?? AllowedSigners.line(for: key.publicKey, of: "simulation"))
  }

  func commits() throws -> [LedgerCommit] { try LedgerDraft.commits(of: drafts) }

  /// Changes fields of a record, and everything that is derived from it: what whoever has the key
  /// can do.
  mutating func rewrite(_ index: Int, _ edit: (inout [String: JSONValue]) -> Void) throws {
    guard let place = drafts[index].index(of: ".json"),
      case .object(var members) = try JSONValue(parsing: drafts[index].changes[place].contents)
    else { return }
    edit(&members)
    let bytes = JSONValue.object(members).file
    guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
      return replace(index, ".json", path: drafts[index].changes[place].path, with: bytes)
    }
    let path = LedgerPaths.record(record.deployment, seq: record.seq, at: record.decidedAt)
    replace(index, ".json", path: path, with: bytes)
    replace(
      index, ".yaml", path: LedgerPaths.status(record.deployment),
      with: Array(Status(record).yaml.utf8))
    drafts[index].message = CommitMessage(record, digest: Digest(of: bytes).description).description
  }

  private mutating func replace(
    _ index: Int, _ suffix: String, path: String, with contents: [UInt8]
  ) {
    guard let place = drafts[index].index(of: suffix) else { return }
    let old = drafts[index].changes[place]
    drafts[index].changes[place] = FileChange(
      path: path, kind: old.kind, isPlain: true, contents: contents)
  }
}

extension LedgerDraft {
  /// Where among the changes the record, the status or the evidence is.
  func index(of suffix: String) -> Int? {
    changes.firstIndex { change in
      switch suffix {
      case ".json": LedgerPaths.parseRecord(change.path) != nil
      default: change.path.hasSuffix(suffix)
      }
    }
  }
}

/// Walks along commits; returns the first thing that is wrong.
func firstFinding(in commits: [LedgerCommit], _ signers: AllowedSigners) -> Finding? {
  var audit = LedgerAudit(signers: signers)
  do throws(Finding) {
    for commit in commits { try audit.check(commit) }
    return nil
  } catch {
    return error
  }
}
