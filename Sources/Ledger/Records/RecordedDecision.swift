package import Encoding

/// A record and the digest of its bytes.
package struct RecordedDecision: Equatable, Sendable {
  package let record: Record
  package let digest: String

  package init(record: Record, digest: String) {
    self.record = record
    self.digest = digest
  }
}

extension Record {
  /// Takes a record without its replay, whose form is the business of the rules of its time.
  ///
  /// What was decided must be readable for years, also by those who could not go on from it.
  package init?(withoutReplay value: JSONValue) {
    guard case .object(let members) = value else { return nil }
    let rest = JSONValue.object(members.filter { $0.key != "replay" })
    guard let record = try? rest.decoded(as: Record.self) else { return nil }
    self = record
  }

  /// Reads a record's file without its replay.
  package init(withoutReplay bytes: [UInt8], at path: String) throws(LedgerError) {
    let value = try? JSONValue(file: bytes)
    guard let record = value.flatMap(Record.init(withoutReplay:)) else {
      throw LedgerError(path: path, message: "this is not a decision that this version can read")
    }
    self = record
  }
}
