import Ledger
import Rollouts
import SimulationKit
import Testing

/// The stories of which ledgers are frozen hold what they are frozen for.
@Suite struct FrozenStoryTests {
  @Test func whatIsComparedIsDecidedOn() async throws {
    let records = try await Self.records(of: ComparedLedger.changes())
    let told = Set(records.map(Self.line))
    let expected: Set = [
      "iris rollback v2 broken", "iris hold v3 outsideHours", "iris resume v3 withinHours",
      "iris complete v3 goesOn", "iris rollback v4 sliceBroken",
    ]
    #expect(told.isSuperset(of: expected), "\(told.sorted())")
    let broken = records.first { $0.verdict == .rollback }?.checks.first { $0.verdict == .fail }
    #expect(broken?.objective.name == "disagreement")
    let match = records.filter { $0.verdict == .advance && $0.from.route?.isMatch == true }
    #expect(match.contains { $0.revision?.model.version == "3" })
  }

  @Test func othersAreWaitedForAndLeftBehind() async throws {
    let told = Set(try await Self.records(of: TogetherLedger.changes()).map(Self.line))
    let expected: Set = [
      "model rollback vbad broken", "transformer rollback v3 peerFailed",
      "transformer complete v3 groupEnded", "model complete v4 goesOn",
      "batch complete v2 goesOn", "batch rollback vbad broken",
      "shown complete v2 goesOn", "shown rollback vbad broken",
      "alone advance v2 unloaded", "alone rollback vbad broken", "alone complete v2 servesAgain",
    ]
    #expect(told.isSuperset(of: expected), "\(told.sorted())")
    #expect(told.contains { $0.hasSuffix("waitsForGroup") }, "\(told.sorted())")
  }

  @Test func othersDraw() async throws {
    let told = Set(try await Self.records(of: ArmsLedger.drawn()).map(Self.line))
    let expected: Set = ["iris promote v2 goesOn", "iris hold v3 entitiesSplitWrong"]
    #expect(told.isSuperset(of: expected), "\(told.sorted())")
  }

  @Test func stepsHaveWindows() async throws {
    let records = try await Self.records(of: WindowsLedger.changes())
    let told = records.map(Self.line)
    #expect(told.contains("iris complete v2 goesOn"), "\(told)")
    #expect(
      records.contains { $0.reason == .noData(of: .requests, milliseconds: 30_000) }, "\(told)")
    let advances = records.filter { $0.verdict == .advance && $0.revision?.model.version == "2" }
    let requests = advances.dropFirst().map { $0.checks.first?.candidate.total ?? 0 }
    #expect(requests.count == 2 && requests[0] >= 100 && requests[1] >= 700, "\(requests)")
  }

  private static func records(of ledger: [LedgerChange]) async throws -> [Record] {
    let files = ledger.reduce(into: [:]) { $0.merge($1.files) { $1 } }
    let reader = LedgerReader(paths: files.keys.sorted()) { files[$0] }
    var records: [Record] = []
    for name in try await reader.newest().map(\.deployment) {
      records += try await reader.history(of: name)
    }
    return records
  }

  /// "iris rollback v2 broken".
  private static func line(_ record: Record) -> String {
    let reason = "\(record.reason)".prefix { $0 != "(" }
    let version = record.revision?.model.version ?? ""
    return "\(record.deployment.name) \(record.verdict) v\(version) \(reason)"
  }
}
