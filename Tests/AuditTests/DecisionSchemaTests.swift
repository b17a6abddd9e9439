import Audit
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// The schema on the branch and the records beside it say the same.
@Suite struct DecisionSchemaTests {
  static let records: [JSONValue] = SmallLedger.changes().flatMap { change in
    change.files.filter { LedgerPaths.parseRecord($0.key) != nil }.compactMap {
      try? JSONValue(parsing: $0.value)
    }
  }

  @Test func recordsAreWhatTheSchemaSays() {
    #expect(Self.records.count == SmallLedger.changes().count - 1, "all but the epoch")
    for record in Self.records {
      #expect(DecisionSchema.prepared.violation(by: record) == nil)
    }
  }

  /// A violation names its place, the first one in the order of the fields.
  @Test func violationsNameTheirPlace() throws {
    guard case .object(var members)? = Self.records.first(where: { $0["checks"] != [] }),
      case .array(var checks)? = members["checks"], case .object(var check)? = checks.first
    else {
      Issue.record("no record has checks")
      return
    }
    check["candidate"] = ["bad": -1, "total": 1]
    checks[0] = .object(check)
    members["checks"] = .array(checks)
    members["zebra"] = 1
    #expect(
      DecisionSchema.prepared.violation(by: .object(members))
        == "checks[0].candidate.bad is less than 0")
    members["checks"] = []
    #expect(
      DecisionSchema.prepared.violation(by: .object(members))
        == "the record has the unknown field \"zebra\"")
  }

  /// Each field of the schema but those that most records have no use for occurs, and none can be left out of a record,
  /// misspelt or added.
  @Test func everyFieldIsRequiredAndKnown() throws {
    let schema = try #require(DecisionSchema.schema["properties"])
    guard case .object(let properties) = schema else { return }
    for record in Self.records {
      guard case .object(let members) = record else { continue }
      #expect(
        Set(members.keys)
          == Set(properties.keys).subtracting(
            ["goal", "arms", "slices", "differences", "group", "retraining"]))
      for key in members.keys {
        var changed = members
        let value = changed.removeValue(forKey: key)
        #expect(DecisionSchema.prepared.violation(by: .object(changed)) != nil, "\(key)")
        changed[key + "s"] = value
        #expect(DecisionSchema.prepared.violation(by: .object(changed)) != nil, "\(key)")
        changed = members
        changed["\(key)s"] = value
        #expect(DecisionSchema.prepared.violation(by: .object(changed)) != nil, "\(key)")
      }
    }
  }

  /// A stamp is whole or left out: `null` and half of one are found.
  @Test func retrainingIsWholeOrAbsent() throws {
    guard case .object(var members)? = Self.records.first else { return }
    let stamps: [(JSONValue, Bool)] = [
      (["decision": 1, "until": 2], true), (.null, false), (["decision": 1], false),
      (["decision": 0, "until": 2], false), (["decision": 1, "until": 2, "by": "x"], false),
    ]
    for (stamp, isRight) in stamps {
      members["retraining"] = stamp
      let violation = DecisionSchema.prepared.violation(by: .object(members))
      #expect((violation == nil) == isRight, "\(stamp)")
    }
  }

  private static let revision = Revision(
    id: Revision.ID("r-2"),
    model: Model(
      version: "2", uri: "file:///m", digest: nil, format: "sklearn", smoke: nil, retry: 0))

  /// What a record says of a group is whole, and has nothing that is not known.
  @Test func aGroupIsWholeOrAbsent() throws {
    guard case .object(var members)? = Self.records.first else { return }
    let peer: JSONValue = ["name": "scaler", "state": "atRest", "rollout": 1]
    let groups: [(JSONValue, Bool)] = [
      (["name": "line", "peers": []], true), (["name": "line", "peers": [peer]], true),
      (["name": "line"], false), (["peers": [peer]], false), (.null, false),
      (["name": "line", "peers": [["name": "scaler", "state": "lost", "rollout": 1]]], false),
      (["name": "line", "peers": [["name": "scaler", "state": "asked"]]], false),
    ]
    for (group, isRight) in groups {
      members["group"] = group
      let violation = DecisionSchema.prepared.violation(by: .object(members))
      #expect((violation == nil) == isRight, "\(group)")
    }
    let whole = Peer(
      name: "scaler", state: .underWay, revision: Self.revision.name,
      rollout: 3, stage: .step(place: 2), willing: .baking, ended: 4, record: 5)
    members["group"] = try JSONValue(encoding: GroupReport(name: "line", peers: [whole]))
    #expect(DecisionSchema.prepared.violation(by: .object(members)) == nil)
  }

  /// Every value is of its kind: a text where a number stands is found, at whatever depth; in a reason,
  /// whose form the schema leaves open, by the reader.
  @Test func everyValueHasItsKind() throws {
    for record in Self.records {
      for (place, changed) in Self.changes(of: record) where !Self.mayBeNull(place) {
        let isRefused = DecisionSchema.prepared.violation(by: changed) != nil
        let isUnread = (try? Record(withoutReplay: changed)) == nil
        #expect(place.contains("reason.") ? isUnread : isRefused, "\(place)")
      }
    }
  }

  /// An objective is left open, the first decision of a deployment follows none, and a history need not
  /// say who else there was.
  private static func mayBeNull(_ place: String) -> Bool {
    place.contains("objective") || place == "previousAppliedAt."
      || place == "source.moreChanges."
  }

  /// Returns the value with one scalar after the other replaced by what it cannot be.
  private static func changes(of value: JSONValue) -> [(String, JSONValue)] {
    switch value {
    case .object(let members):
      members.filter { $0.key != "replay" }.flatMap { key, member in
        changes(of: member).map { place, changed in
          ("\(key).\(place)", .object(members.merging([key: changed]) { $1 }))
        }
      }
    case .array(let items):
      items.indices.flatMap { index in
        changes(of: items[index]).map { place, changed in
          var items = items
          items[index] = changed
          return ("\(index).\(place)", .array(items))
        }
      }
    case .string: [("", 7), ("", true)]
    case .int: [("", "7"), ("", .null)]
    case .bool: [("", 7)]
    default: [("", true)]
    }
  }
}
