import Encoding

/// The files of the branch that are no decisions: how to read them, and who signs them.
///
/// They are for convenience. Nothing that verifies the ledger believes them.
struct LedgerGuides: Equatable, Sendable {
  private let present: [String: [UInt8]]
  private let signer: PublicKey?
  /// Whether all of them are as they should be.
  var isCurrent = false

  init(present: [String: [UInt8]] = [:], signer: PublicKey? = nil) {
    self.present = present
    self.signer = signer
  }

  /// Returns what has to be written with decision `seq` of the branch.
  func outdated(at seq: Int, by instance: String) -> [String: [UInt8]] {
    guard !isCurrent else { return [:] }
    var wanted = [
      LedgerPaths.readme: Array(LedgerReadme.text.utf8),
      LedgerPaths.schema: Array(DecisionSchema.schema.indentedFile.utf8),
    ]
    if let signer {
      let text = String(decoding: present[LedgerPaths.allowedSigners] ?? [], as: UTF8.self)
      wanted[LedgerPaths.allowedSigners] = Array(
        AllowedSigners.text(text, adding: signer, of: instance, at: seq).utf8)
    }
    return wanted.filter { present[$0.key] != $0.value }
  }
}
