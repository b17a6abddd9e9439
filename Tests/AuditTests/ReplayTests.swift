import Analysis
import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Decisions are made again from their evidence, and whatever differs is named.
@Suite struct ReplayTests {
  private static let ledger = SmallLedger.changes().compactMap(Self.parts)

  @Test func everyDecisionIsDerivedAgain() throws {
    #expect(Self.ledger.count == SmallLedger.changes().count - 1, "all but the epoch")
    #expect(try Self.differences(Self.ledger).isEmpty)
  }

  /// Who has the key can write whatever they like, but not make it follow from the evidence.
  @Test(
    arguments: [
      ("verdict", "hold"), ("cause", "operator"), ("reason", ["drained": [:]]),
      ("from", ["phase": "retired"]), ("to", ["phase": "retired"]), ("routes", []),
      ("generation", 99), ("rollout", 99), ("checks", []),
      ("exposure", ["candidate": 7, "stable": 7]), ("decidedAt", 5), ("revision", .null),
    ] as [(String, JSONValue)])
  func changedRecords(field: String, value: JSONValue) throws {
    for index in Self.ledger.indices where Self.ledger[index].record[field] != value {
      var ledger = Self.ledger
      ledger[index].record = ledger[index].record.with(field, value)
      let difference = try #require(try Self.differences(ledger).first)
      #expect(difference.index == index && difference.difference.field == field)
    }
  }

  /// One request more in one look.
  @Test func changedLooks() throws {
    for index in Self.ledger.indices {
      guard var looks = Replay(json: Self.ledger[index].replay)?.looks,
        let last = looks.lastIndex(where: { Self.short($0)?.count ?? 0 > 1 }),
        var row = Self.short(looks[last])
      else { continue }
      row[1] = row[1].adding(saturating: 1)
      looks[last] = .row(LookRow(row))
      var ledger = Self.ledger
      ledger[index].replay = ledger[index].replay.with("looks", .array(looks.map(\.json)))
      #expect(try Self.differences(ledger).first?.index == index)
    }
  }

  @Test(
    arguments: [
      ("looks", []), ("looks", ["nonsense"]), ("looks", [[1, 2]]), ("skipped", .null),
      ("looks", [["columns": [[-3, 1]], "count": 3, "every": 5000]]),
      ("looks", [["columns": [[.int(.min)]], "count": 3, "every": 5000]]),
      ("looks", [["columns": [], "count": .int(.max), "every": 5000]]),
      ("looks", [[.int(.min)]]), ("looks", [[.int(.max), .int(.min), .int(.min)]]),
      ("state", ["a": 1]),
      ("start", ["a": 1]),
    ] as [(String, JSONValue)])
  func brokenReplays(field: String, value: JSONValue) throws {
    for index in Self.ledger.indices {
      var ledger = Self.ledger
      ledger[index].replay = ledger[index].replay.with(field, value)
      #expect(try Self.differences(ledger).first?.index == index)
    }
  }

  /// What the runtime knew of a server that died is among the looks: a record can neither claim it nor
  /// leave it out, and the answer beside it is what the runtime kept.
  @Test func crashesAreDerivedAgain() throws {
    let scenario = Scenario(seed: 7, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(200)) { world, clock in
      world.fail(100, ofRequestsTo: "bad")
      world.commit(["iris.yaml": SmallLedger.iris("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": SmallLedger.iris("bad")])
      for _ in 0..<100 {
        world.killServer(of: "bad")
        await clock.sleep(for: .seconds(1))
      }
    }
    let ledger = scenario.world.ledger.compactMap(Self.parts)
    #expect(try Self.differences(ledger).isEmpty)
    let index = try #require(ledger.firstIndex { $0.record["verdict"] == "rollback" })
    let record = ledger[index].record
    #expect(record["cause"] == "runtime" && record["crash"]?["signal"] == 9)
    #expect(record["errorSample"]?["body"] == "vbad fails")
    #expect(DecisionSchema.prepared.violation(by: record.with("replay", .null)) == nil)
    for (field, value) in [("cause", "slo"), ("crash", .null)] as [(String, JSONValue)] {
      var changed = ledger
      changed[index].record = record.with(field, value)
      #expect(try Self.differences(changed).first?.difference.field == field)
    }
    var planted = ledger
    let sample = try #require(record["errorSample"])
    planted[index - 1].record = ledger[index - 1].record.with("errorSample", sample)
    #expect(try Self.differences(planted).first?.difference.field == "errorSample")
  }

  /// Where pairs differ cannot be derived; that pairs were looked at can.
  @Test func differencesStandBesidePairsAlone() throws {
    let differences: JSONValue = [
      "pairs": 60, "differing": 14,
      "bins": [["column": "amount", "bin": "100 to 250", "pairs": 20, "differing": 14]],
    ]
    var planted = Self.ledger
    planted[0].record = planted[0].record.with("differences", differences)
    let schema = DecisionSchema.prepared
    #expect(schema.violation(by: planted[0].record.with("replay", .null)) == nil)
    #expect(try Self.differences(planted).first?.difference.field == "differences")
    let record = try planted[0].record.with("replay", .null).decoded(as: Record.self)
    let told = "amount is 100 to 250: 14 of 20 pairs differ; of all 14 of 60"
    #expect(Status(record).yaml.contains("\ndifferences: \"\(told)\"\nsince: "))
    let bare = try Self.ledger[0].record.with("replay", .null).decoded(as: Record.self)
    #expect(!Status(bare).yaml.contains("differences"))
  }

  @Test func otherRulesAreNotJudged() throws {
    var ledger = Self.ledger
    ledger[0].record = ledger[0].record.with("engine", ["decisionVersion": 99])
    let difference = try #require(try Self.differences(ledger).first?.difference)
    #expect(difference.field == "engine")
    #expect(difference.recorded == "rules 99, known to serin 0 and later")
  }

  /// A long time without a decision keeps its newest looks, and where they begin.
  @Test func aLongJournalIsBounded() throws {
    var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var journal = Journal(after: rollout)
    var decisions: [Decision] = []
    var (file, mark, whole) = ([String](), journal.mark, 0)
    for second in 1...2000 {
      let world = Observation(
        now: Instant(milliseconds: Int64(second) * 5000), desired: .unchanged,
        restrictions: second % 7 == 0 ? [.unpublished] : [])
      journal.note(.observation(world))
      if let decision = rollout.advance(world) { decisions.append(decision) }
      // As a controller writes it: what was added, or all of it where something was forgotten.
      if let added = journal.lines(since: mark) {
        file += added
      } else {
        (file, whole) = (journal.lines, whole + 1)
      }
      mark = journal.mark
    }
    #expect(decisions.isEmpty)
    #expect(file == journal.lines)
    #expect(whole < 40, "rarely written as a whole")
    let replay = try journal.replay(leadingTo: rollout)
    #expect(replay.skipped + replay.looks.count == 2000)
    #expect(replay.looks.count < 200 && replay.start != nil)
    let stored = try JSONEncoder().encode(journal.stored)
    let restored = try Journal(
      JSONDecoder().decode(Journal.Stored.self, from: stored),
      lines: file + ["a look whose rest was not stored"], after: Rollout(name: rollout.name))
    #expect(try restored.replay(leadingTo: rollout) == replay)
    #expect(throws: Journal.Incomplete.self) {
      _ = try Journal(
        journal.stored, lines: file.dropLast(), after: Rollout(name: rollout.name))
    }
  }

  struct Parts {
    var record: JSONValue
    var replay: JSONValue
  }

  private static func short(_ look: WrittenLook) -> [Int]? {
    if case .row(let row) = look { Array(row) } else { nil }
  }

  private static func parts(of change: LedgerChange) -> Parts? {
    let files = change.files.compactMapValues { try? JSONValue(canonical: Array($0.dropLast())) }
    let record = files.first { LedgerPaths.parseRecord($0.key) != nil }?.value
    let evidence = files.first { $0.key.hasSuffix(".ev.json") }?.value
    guard let record, let replay = evidence ?? record["replay"] else { return nil }
    return Parts(record: record, replay: replay)
  }

  private static func differences(
    _ ledger: [Parts]
  ) throws -> [(index: Int, difference: Rederivation.Difference)] {
    var rederivations: [DeploymentName: Rederivation] = [:]
    var found: [(index: Int, difference: Rederivation.Difference)] = []
    for (index, parts) in ledger.enumerated() {
      let record = try parts.record.with("replay", .null).decoded(as: Record.self)
      let difference = rederivations[record.deployment, default: Rederivation()]
        .check(record, parts.replay)
      if let difference { found.append((index, difference)) }
    }
    return found
  }
}

extension JSONValue {
  fileprivate func replacing(_ text: String, with other: String) -> JSONValue {
    let changed = canonical.replacing(text, with: other)
    return (try? JSONValue(canonical: Array(changed.utf8))) ?? self
  }
}
