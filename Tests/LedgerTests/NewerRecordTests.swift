import Encoding
import Ledger
import Rollouts
import Testing

/// A record of a later version is refused by name, and never read by leaving something out.
@Suite struct NewerRecordTests {
  /// The files of a ledger with one decision, whose record is changed.
  private static func files(
    _ change: (inout [String: JSONValue]) -> Void
  ) throws -> (files: [String: [UInt8]], record: JSONValue) {
    var head = LedgerHead()
    var files = try head.claim(by: LedgerTests.controller, at: LedgerTests.now).files
    let decision = try head.append(
      LedgerTests.decision(.admit), of: LedgerTests.rollout, source: LedgerTests.source,
      appliedAt: nil, by: LedgerTests.controller, from: LedgerTests.journal)
    files.merge(decision.files) { $1 }
    let path = try #require(files.keys.first { LedgerPaths.parseRecord($0) != nil })
    var members = try JSONValue(file: files[path] ?? []).decoded(as: [String: JSONValue].self)
    change(&members)
    files[path] = JSONValue.object(members).file
    return (files, .object(members))
  }

  @Test(
    arguments: [
      ("approvals", [], "approvals"),
      ("deployment", ["namespace": "a", "name": "b", "team": "x"], "deployment.team"),
      ("reason", ["firstToServe": ["approver": "ada"]], "reason.firstToServe.approver"),
    ] as [(String, JSONValue, String)])
  func unknownFieldsAreNamed(key: String, value: JSONValue, field: String) throws {
    let (_, record) = try Self.files { $0[key] = value }
    let error = #expect(throws: Record.Unreadable.self) { try Record(withoutReplay: record) }
    #expect(error == .newer(field: field, writer: "0.1.0"))
    let words = "\(error.map { "\($0)" } ?? "")"
    #expect(words.contains("serin 0.1.0 wrote it, and that or a later one can read it"))
  }

  /// A reason that this version does not know is another decision, whoever wrote it.
  @Test func unknownReasonsAreRefused() throws {
    let (_, record) = try Self.files { $0["reason"] = ["approvedByHand": [:]] }
    let error = #expect(throws: Record.Unreadable.self) { try Record(withoutReplay: record) }
    #expect(error == .unknown(writer: "0.1.0"))
  }

  /// A controller does not go on from a state that unknown rules left.
  @Test func unknownRulesAreNoBeginning() async throws {
    let (files, _) = try Self.files { $0["engine"] = ["decisionVersion": 99] }
    let reader = LedgerReader(paths: files.keys.sorted()) { files[$0] }
    let error = await #expect(throws: LedgerError.self) { try await reader.resume() }
    #expect(
      error?.message == "decision 1 was made by rules 99, which this version does not know; "
        + "serin 0.1.0 made it, and that or a later one can go on")
  }
}
