import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit

/// Writes the small ledger to `ledger.git`, and the auditor's copy of the key to `trusted`.
///
/// `edit` may change the text of every file before it is committed.
func writeSmallLedger(
  signedWith key: SigningKey? = nil, start: Instant = SimulatedClock.start,
  edit: (String) throws -> String = { $0 }
) async throws {
  try await write(
    SmallLedger.changes(signer: key?.publicKey, start: start), signedWith: key, edit: edit)
}

/// Writes commits of a ledger to `ledger.git`, and the key to `trusted`.
func write(
  _ changes: [LedgerChange], signedWith key: SigningKey?,
  edit: (String) throws -> String = { $0 }
) async throws {
  let folder = TemporaryFolder.current
  let store = try GitLedgerStore(
    remote: nil, repository: folder.appending(path: "ledger.git").path,
    committer: Committer(), signingKey: key)
  for change in changes {
    let files = try change.files.mapValues {
      Array(try edit(String(decoding: $0, as: UTF8.self)).utf8)
    }
    _ = try await store.commit(
      LedgerChange(files: files, message: change.message, date: change.date))
  }
  let trusted = key ?? SigningKey(comment: "")
  let line = AllowedSigners.line(for: trusted.publicKey, of: "simulation")
  try Data("\(line)\n".utf8).write(to: folder.appending(path: "trusted"))
}

extension String {
  /// Puts this text instead of another one into JSON, with the escapes that it needs there.
  func inJSON(_ file: String, instead old: String) throws -> String {
    let escaped = String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    return file.replacing(old, with: escaped.dropFirst().dropLast())
  }

  /// Keys are new in each run, and with them signatures and names of commits.
  var withoutKeys: String {
    replacing(/\b[0-9a-f]{40}\b/.wordBoundaryKind(.simple), with: "COMMIT")
      .replacing(/SHA256:[A-Za-z0-9+\/]{43}/, with: "SHA256:KEY")
  }
}
