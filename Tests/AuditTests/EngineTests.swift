import Analysis
import Audit
import Encoding
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Rules of several versions, side by side: what was decided by each is decided by it again.
@Suite struct EngineTests {
  /// As an exercise: rules by which one bad request can fail a candidate, where today's want three.
  private static let next = Engine(decisionVersion: 2, leastBad: 1)
  private static let name = DeploymentName(namespace: "default", name: "iris")

  /// The controller is upgraded in the middle of a trial: two bad requests are no failure before, and are
  /// one after it.
  @Test func bothVersionsReplay() throws {
    let ledger = try Self.ledger(upgradedAt: 9)
    #expect(ledger.last?.record["verdict"] == "rollback")
    #expect(ledger.map { $0.record["engine"]?["decisionVersion"] }.suffix(2) == [1, 2])
    #expect(try Self.differences(ledger, by: [.version1, Self.next]) == [])
  }

  /// Without the upgrade nothing fails, so the rules are what differs.
  @Test func theRulesMakeTheDifference() throws {
    let ledger = try Self.ledger(upgradedAt: .max)
    #expect(!ledger.contains { $0.record["verdict"] == "rollback" })
    #expect(try Self.differences(ledger, by: [.version1, Self.next]) == [])
  }

  /// Rules that are not known are not guessed: the finding says which, and who knows them.
  @Test func unknownRulesAreNamed() throws {
    let differences = try Self.differences(try Self.ledger(upgradedAt: 9), by: [.version1])
    #expect(differences == ["engine: rules 1, rules 2, known to serin 0.1.0 and later"])
  }

  /// A record of old rules that claims to be one of newer ones is found.
  @Test func aVersionCannotBeClaimed() throws {
    var ledger = try Self.ledger(upgradedAt: .max)
    ledger[1].record = ledger[1].record.with("engine", ["decisionVersion": 2])
    let differences = try Self.differences(ledger, by: [.version1, Self.next])
    #expect(differences == ["engine: rules 1, rules 2"])
  }

  private struct Parts {
    var record: JSONValue
    let replay: JSONValue
  }

  /// v1 serves and v2 answers two of 40 requests badly in each look of its step.
  private static func ledger(upgradedAt upgrade: Int) throws -> [Parts] {
    var (rollout, head) = (Rollout(name: name), LedgerHead())
    let controller = ControllerIdentity(instance: "c1", version: "0.1.0", life: "life-1")
    _ = try head.claim(by: controller, at: SimulatedClock.start)
    var journal = Journal(after: rollout)
    var ledger: [Parts] = []
    for look in 0..<12 {
      let world = world(of: rollout, look, look < upgrade ? .version1 : next)
      journal.note(.observation(world))
      guard let decision = rollout.advance(world) else { continue }
      let change = try head.append(
        decision, of: rollout, source: nil, appliedAt: nil, by: controller, from: journal)
      journal = Journal(after: rollout)
      ledger.append(try parts(change))
    }
    return ledger
  }

  private static func world(of rollout: Rollout, _ look: Int, _ engine: Engine) -> Observation {
    let ready = rollout.plan.loaded.map { ($0.id, Readiness.ready) }
    let isSplit = rollout.plan.shares.count == 2
    let counts = rollout.plan.shares.map { share in
      let bad = isSplit && look == 7 && share.revision == rollout.candidate?.id ? 2 : 0
      let latency = Histogram(edges: [250], counts: [20, 0])
      return (share.revision, Counts(requests: 20, errors: bad, latency: latency))
    }
    return Observation(
      now: SimulatedClock.start.advanced(by: .seconds(5 * look)),
      desired: .deployment(deployment(look < 3 ? "1" : "2")),
      readiness: Dictionary(uniqueKeysWithValues: ready), generationInForce: rollout.generation,
      counts: Dictionary(uniqueKeysWithValues: counts), engine: engine)
  }

  private static func deployment(_ version: String) -> Deployment {
    Deployment(
      name: name, runtime: "local",
      revision: Revision(
        id: Revision.ID("r-\(version)"),
        model: Model(
          version: version, uri: "file:///m", digest: nil, format: "sklearn", smoke: nil, retry: 0)),
      strategy: Strategy(
        kind: .canary,
        steps: [
          Step(
            route: .split(weight: PerMille(500)), atLeast: .seconds(3600), atMost: .seconds(7200))
        ]),
      objectives: [.errors(below: Ratio(perMillion: 100))],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 900_000), dependence: .independent, interval: .seconds(5),
        minRequests: 100, onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(600)),
      bake: .zero, prepareWithin: .seconds(600), suspended: false)
  }

  private static func parts(_ change: LedgerChange) throws -> Parts {
    let file = try #require(change.files.first { LedgerPaths.parseRecord($0.key) != nil })
    let record = try JSONValue(file: file.value)
    let evidence = change.files[LedgerPaths.evidence(ofRecordAt: file.key)]
    let replay = try evidence.map { try JSONValue(file: $0) } ?? record["replay"] ?? .null
    return Parts(record: record.with("replay", .null), replay: replay)
  }

  private static func differences(_ ledger: [Parts], by engines: [Engine]) throws -> [String] {
    var derivation = Rederivation(by: engines)
    return try ledger.compactMap { parts in
      let record = try Record(withoutReplay: parts.record)
      return derivation.check(record, parts.replay).map {
        "\($0.field): \($0.derived), \($0.recorded)"
      }
    }
  }
}
