package import Encoding
import Rollouts

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
  /// Why a record is refused: nothing of it is guessed, and nothing of it is left out.
  package enum Unreadable: Error, Equatable, CustomStringConvertible {
    /// It has a field that this version does not know, by its place.
    case newer(field: String, writer: String)
    /// It is no record, or one with values that this version does not know; the writer is what it names.
    case unknown(writer: String?)

    package var description: String {
      switch self {
      case .newer(let field, let writer):
        "it has \"\(CommitMessage.line(field))\", which this version does not know; "
          + "serin \(CommitMessage.line(writer)) wrote it, and that or a later one can read it"
      case .unknown(let writer?):
        "this is not a decision that this version can read; serin \(CommitMessage.line(writer)) wrote it"
      case .unknown(nil): "this is not a decision that this version can read"
      }
    }
  }

  /// Takes a record without its replay, whose form is the business of the rules of its time.
  ///
  /// What was decided must be readable for years, also by those who could not go on from it.
  ///
  /// - Parameters:
  ///   - value: The record.
  ///   - isHeldToSchema: Whether the caller has found it to be what the schema says, which leaves nothing
  ///     but reasons and objectives open.
  /// - Throws: `Unreadable`, which says what this version does not know, and who wrote it.
  package init(
    withoutReplay value: JSONValue, isHeldToSchema: Bool = false
  ) throws(Unreadable) {
    let rest = value.without("replay")
    guard let record = try? rest.decoded(as: Record.self) else {
      throw .unknown(writer: value["controller"]?["version"]?.string)
    }
    let field = isHeldToSchema ? record.unknownInOpen(rest) : record.unknown(in: rest)
    if let field { throw .newer(field: field, writer: record.controller.version) }
    self = record
  }

  /// Returns the place of the first field that was left out when the record was read.
  private func unknown(in value: JSONValue) -> String? {
    (try? JSONValue(encoding: self)).flatMap { value.firstField(notIn: $0) }
  }

  /// Looks at what the schema leaves open alone, since an audit reads every record of a ledger.
  private func unknownInOpen(_ value: JSONValue) -> String? {
    Self.unknown(in: value["reason"], beside: reason, "reason")
      ?? wanted?.rejected.flatMap {
        Self.unknown(
          in: value["wanted"]?["rejected"]?["reason"], beside: $0.reason, "wanted.rejected.reason")
      } ?? unknownInObjectives(value) ?? unknownInAnswer(of: revision, value, "revision")
      ?? unknownInAnswer(of: stable, value, "stable") ?? unknownInArms(value)
  }

  private func unknownInArms(_ value: JSONValue) -> String? {
    guard case .array(let items)? = value["arms"] else { return nil }
    for (index, pair) in zip(items, arms ?? []).enumerated() {
      guard let answer = pair.1.revision.model.answer else { continue }
      let place = "arms[\(index)].revision.model.answer"
      let written = pair.0["revision"]?["model"]?["answer"]
      if let field = Self.unknown(in: written, beside: answer, place) { return field }
    }
    return nil
  }

  private func unknownInAnswer(
    of revision: Revision?, _ value: JSONValue, _ place: String
  ) -> String? {
    revision?.model.answer.flatMap {
      Self.unknown(
        in: value[place]?["model"]?["answer"], beside: $0, "\(place).model.answer")
    }
  }

  private func unknownInObjectives(_ value: JSONValue) -> String? {
    guard case .array(let items)? = value["checks"] else { return nil }
    for (index, pair) in zip(items, checks).enumerated() {
      let place = "checks[\(index)].objective"
      if let field = Self.unknown(in: pair.0["objective"], beside: pair.1.objective, place) {
        return field
      }
    }
    return nil
  }

  private static func unknown(
    in value: JSONValue?, beside known: some Encodable, _ place: String
  ) -> String? {
    guard let value, let known = try? JSONValue(encoding: known) else { return nil }
    return value.firstField(notIn: known).map { "\(place).\($0)" }
  }

  /// Reads a record's file without its replay.
  package init(withoutReplay bytes: [UInt8], at path: String) throws(LedgerError) {
    do throws(Unreadable) {
      guard let value = try? JSONValue(file: bytes) else { throw .unknown(writer: nil) }
      self = try Record(withoutReplay: value)
    } catch {
      throw LedgerError(path: path, message: "\(error)")
    }
  }
}

extension JSONValue {
  /// Returns the place of the first field that another value does not have, such as "checks[0].weight".
  fileprivate func firstField(notIn other: JSONValue) -> String? {
    switch (self, other) {
    case (.object(let members), .object(let known)):
      // The order of the keys matters only where there is something to say.
      if let key = members.keys.filter({ known[$0] == nil }).min() { return key }
      for (key, value) in members {
        if let place = known[key].flatMap(value.firstField) { return "\(key).\(place)" }
      }
      return nil
    case (.array(let items), .array(let known)):
      for (index, pair) in zip(items, known).enumerated() {
        if let place = pair.0.firstField(notIn: pair.1) { return "[\(index)].\(place)" }
      }
      return nil
    default: return nil
    }
  }
}
