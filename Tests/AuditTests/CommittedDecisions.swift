import Audit
import Foundation
import Ledger
import Encoding
import SimulationKit

extension CommittedDecision {
  /// The decisions of the small ledger, as a reader of its branch finds them.
  static let small: [CommittedDecision] = SmallLedger.changes().enumerated().compactMap {
    index, change in
    let file = change.files.first { LedgerPaths.parseRecord($0.key) != nil }
    let record = file.flatMap { try? JSONDecoder().decode(Record.self, from: Data($0.value)) }
    return record.map {
      CommittedDecision(commit: "commit \(index + 1)", hasSignature: true, record: $0)
    }
  }

  /// Returns the same decision with fields of its record changed.
  func changed(
    isSigned: Bool = true, _ edit: (inout [String: JSONValue]) -> Void
  ) throws -> CommittedDecision {
    guard case .object(var members) = try JSONValue(encoding: record) else { return self }
    edit(&members)
    return CommittedDecision(
      commit: commit, hasSignature: isSigned,
      record: try JSONValue.object(members).decoded(as: Record.self))
  }
}
