import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// What an auditor looks at first, and the holes of a ledger.
@Suite struct ExceptionsTests {
  private static let all = CommittedDecision.small

  private static func exceptions(
    _ decisions: [CommittedDecision], in period: Period = Period()
  ) -> [String] {
    var exceptions = Exceptions(in: period)
    for decision in decisions { exceptions.add(decision) }
    return exceptions.items.map { "\($0.ledgerSeq) \($0.kind.rawValue)" }
  }

  /// A rollback, and a manifest without a digest: said once, though several decisions rest on it.
  @Test func smallLedger() {
    #expect(Self.exceptions(Self.all) == ["6 digest", "9 rollback"])
    #expect(Self.exceptions(Self.all, in: Period(from: Self.all[6].record.decidedAt)).count == 1)
  }

  @Test(
    arguments: [
      ("verdict", "hold", "4 hold"), ("verdict", "alert", "4 alert"), ("verdict", "gap", "4 gap"),
      ("late", ["detail": "no space left"], "4 late"),
      ("reason", ["goesOn": ["warrant": "policy"]], "4 inconclusive"),
    ] as [(String, JSONValue, String)])
  func kinds(field: String, value: JSONValue, expected: String) throws {
    var decisions = Array(Self.all.prefix(4))
    decisions[2] = try decisions[2].changed { $0[field] = value }
    #expect(Self.exceptions(decisions) == [expected])
  }

  @Test func unsignedAndLateAreSeen() throws {
    var decisions = Array(Self.all.prefix(4))
    decisions[1] = try decisions[1].changed(isSigned: false) { _ in }
    let first = Self.all[0].record.decidedAt.milliseconds
    decisions[3] = try decisions[3].changed { $0["decidedAt"] = .int(first) }
    #expect(Self.exceptions(decisions) == ["3 unsigned", "5 late"])
  }

  /// A ledger without a key says so once, with how many decisions and which.
  @Test func unsignedOnesAreOneItem() throws {
    var exceptions = Exceptions(in: Period())
    for decision in Self.all {
      exceptions.add(try decision.changed(isSigned: decision.record.ledgerSeq == 3) { _ in })
    }
    let unsigned = exceptions.items.filter { $0.kind == .unsigned }
    #expect(exceptions.items.map(\.ledgerSeq) == [2, 6, 9])
    #expect(unsigned.count == 1 && unsigned.first?.count == 9 && unsigned.first?.deployment == nil)
    #expect(
      unsigned.first?.detail == "the commits of 9 decisions, from 2 to 11, have no signature")
  }

  /// Each rewritten commit is said once for each deployment.
  @Test func rewrittenHistoryIsSaidOnce() throws {
    let decisions = try Self.all.prefix(4).map { decision in
      try decision.changed { members in
        guard case .object(var source)? = members["source"] else { return }
        source["rewrittenFrom"] = .string(String(repeating: "9", count: 40))
        members["source"] = .object(source)
      }
    }
    #expect(Self.exceptions(decisions) == ["2 rewritten", "5 rewritten"])
  }

  /// What was found of the manifest's signature: worth a look unless it is good or nobody asked.
  @Test(
    arguments: [
      (nil, []), ("good", []), ("bad", ["4 signer"]), ("unknownKey", ["4 signer"]),
      ("gpgUnchecked", ["4 signer"]), ("unsigned", ["4 signer"]),
    ] as [(String?, [String])])
  func manifestsWithoutGoodSignatures(status: String?, expected: [String]) throws {
    var decisions = Array(Self.all.prefix(3))
    decisions[2] = try decisions[2].changed { members in
      guard case .object(var source)? = members["source"], let status else { return }
      source["changes"] = [
        [
          "commit": "c", "author": "Ada", "paths": ["iris.yaml"],
          "signer": ["status": .string(status), "principal": .null, "key": "SHA256:x"],
        ]
      ]
      members["source"] = .object(source)
    }
    #expect(Self.exceptions(decisions) == expected)
  }

  // MARK: Gaps

  private static func gaps(
    _ decisions: [CommittedDecision], in period: Period = Period(), longest: Duration = .seconds(60)
  ) -> [LedgerGaps.Gap] {
    var gaps = LedgerGaps(in: period, longest: longest)
    gaps.pass(1)
    for decision in decisions { gaps.add(decision.record) }
    return gaps.gaps
  }

  @Test func silencesAreAsLongAsAskedFor() {
    #expect(Self.gaps(Self.all, longest: .seconds(86)).isEmpty)
    let silent = Self.gaps(Self.all, longest: .seconds(85))
    #expect(silent.map(\.ledgerSeq) == [11] && silent.first?.kind == .silence)
    #expect(silent.first?.from == Self.all[8].record.decidedAt)
    #expect(Self.gaps(Self.all, in: Period(until: Self.all[0].record.decidedAt)).isEmpty)
  }

  /// A decision that is taken away is missed on the branch and in its deployment.
  @Test func missingNumbersAreNamedTwice() throws {
    let lost = try #require(Self.all.first { $0.record.ledgerSeq == 8 }).record
    let gaps = Self.gaps(Self.all.filter { $0.record.ledgerSeq != 8 }, longest: .seconds(600))
    #expect(
      gaps.map(\.detail) == [
        "decision 8 of the branch is missing",
        "decision \(lost.seq) of \(lost.deployment) is missing",
      ])
    let more = Self.gaps(Array(Self.all.dropFirst(4)), longest: .seconds(600))
    #expect(more.first?.detail == "decisions 2 to 5 of the branch are missing")
    #expect(more.first?.from == nil)
    let again = Self.gaps(Self.all + [Self.all[2]], longest: .seconds(600))
    #expect(again.first?.detail == "decision 4 of the branch comes after decision 11")
  }

  /// Another life of the controller, and what was under way meanwhile.
  @Test func restartsSayWhatWasUnderWay() throws {
    let decisions = try Self.all.map { decision in
      guard decision.record.ledgerSeq > 8 else { return decision }
      return try decision.changed { members in
        members["controller"] = ["epoch": 2, "instance": "b", "version": "1"]
      }
    }
    let gaps = Self.gaps(decisions, longest: .seconds(600))
    #expect(gaps.map(\.kind) == [.restart])
    #expect(
      gaps.first?.detail == "b 1, life 2, followed simulation 0, life 1; under way: default/iris "
        + "(step 1 of 1 (50%)), search/ranker (bake (100%))")
  }
}
