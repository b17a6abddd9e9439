import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Which decisions say that the world has changed.
@Suite struct RetrainingTests {
  /// Data drift and concept drift do; a candidate that differs from stable or breaks another promise
  /// does not, and neither does what ends a drift or a rollout.
  @Test(
    arguments: [
      ("alert", "drift", "inputs", "errors", true), ("hold", "drift", "inputs", "errors", true),
      ("resume", "drift", "inputs", "errors", false),
      ("rollback", "drift", "inputs", "errors", false),
      ("alert", "drift", "predictions", "errors", false),
      ("alert", "drift", "outputs", "errors", true),
      ("hold", "drift", "predictions", "labels", false),
      ("hold", "evidence", "inputs", "errors", false),
      ("alert", "slo", "predictions", "labels", true),
      ("alert", "slo", "inputs", "errors", false),
      ("rollback", "slo", "inputs", "labels", false),
      ("alert", "runtime", "inputs", "labels", false),
    ] as [(String, String, String, String, Bool)])
  func reasonsToRetrain(
    verdict: String, cause: String, subject: String, objective: String, isReason: Bool
  ) throws {
    let record = try Self.record([
      "verdict": .string(verdict), "cause": .string(cause), "drift": [Self.report(on: subject)],
      "checks": [try Self.check(objective)],
    ])
    #expect(record.isReasonToRetrain == isReason)
  }

  /// Inputs that are watched and are as they were are no reason.
  @Test func inputsThatDidNotMoveAreNoReason() throws {
    let record = try Self.record([
      "verdict": "alert", "cause": "drift", "drift": [Self.report(on: "inputs", "pass")],
    ])
    #expect(!record.isReasonToRetrain)
  }

  private static let written: [[String: JSONValue]] = SmallLedger.changes().flatMap(\.files)
    .sorted { $0.key < $1.key }
    .compactMap { path, bytes in
      guard LedgerPaths.parseRecord(path) != nil,
        case .object(let members)? = try? JSONValue(file: bytes)
      else { return nil }
      return members.filter { $0.key != "replay" }
    }

  private static func record(_ changes: [String: JSONValue]) throws -> Record {
    let members = try #require(written.first)
    return try JSONValue.object(members.merging(changes) { $1 }).decoded(as: Record.self)
  }

  private static func report(on subject: String, _ verdict: String = "fail") -> JSONValue {
    [
      "subject": .string(subject), "action": "alert", "verdict": .string(verdict), "samples": 9,
      "reference": 9, "logE": 9, "moved": [],
    ]
  }

  /// A failed check, of labels or of errors.
  private static func check(_ name: String) throws -> JSONValue {
    let known = written.compactMap { members -> [String: JSONValue]? in
      guard case .array(let checks)? = members["checks"], case .object(let check)? = checks.first
      else { return nil }
      return check
    }
    var check = try #require(known.first)
    let below = Ratio(perMillion: 10_000)
    let objective = name == "labels" ? Objective(.labels(below: below)) : .errors(below: below)
    check["objective"] = try JSONValue(encoding: objective)
    check["verdict"] = "fail"
    return .object(check)
  }
}
