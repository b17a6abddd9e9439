package import Ledger
package import Encoding
package import Rollouts

/// Makes the decisions of one deployment again, record by record, and compares.
package struct Rederivation: Sendable {
  /// What differs first, in the order in which a person would ask.
  package struct Difference: Equatable, Sendable, Encodable {
    package let field: String
    package let derived: String
    package let recorded: String
  }

  /// The state that the last record left; nil before the first.
  package private(set) var state: Rollout?
  /// Decisions that were derived and are still to be recorded: late ones come after their looks.
  private var waiting: [Decision] = []

  /// The rules that are known, of which a record names those that made it.
  private let engines: [Engine]

  package init(after state: Rollout? = nil, by engines: [Engine] = Engine.all) {
    self.state = state
    self.engines = engines
  }

  /// Decides again what a record says, from its replay as JSON.
  ///
  /// - Returns: What differs, or nil.
  package mutating func check(_ record: Record, _ json: JSONValue) -> Difference? {
    check(record, Replay(json: json))
  }

  /// Decides again what a record says, from its replay; nil when that could not be read.
  mutating func check(_ record: Record, _ replay: Replay?) -> Difference? {
    guard engines.rules(of: record.engine.decisionVersion) != nil else {
      let known = engines.map { "\($0.decisionVersion)" }.joined(separator: ", ")
      return Difference(
        field: "engine", derived: "rules \(known)",
        recorded: "rules \(record.engine.decisionVersion), known to serin "
          + "\(record.controller.version) and later")
    }
    guard let replay else {
      return Difference(field: "replay", derived: "looks and a state", recorded: "something else")
    }
    do throws(Replay.Unreadable) {
      let before = state ?? Rollout(name: record.deployment)
      let (decisions, end) = try replay.run(after: before, by: engines)
      waiting += decisions
      state = end
      return difference(record, replay, end)
    } catch {
      return Difference(field: "replay", derived: "looks", recorded: "\(error)")
    }
  }

  private mutating func difference(
    _ record: Record, _ replay: Replay, _ end: Rollout
  ) -> Difference? {
    guard !waiting.isEmpty else {
      return Difference(
        field: "verdict", derived: "no decision", recorded: record.verdict.rawValue)
    }
    let decision = waiting.removeFirst()
    guard waiting.isEmpty || record.late != nil else {
      return Difference(
        field: "verdict", derived: "\(waiting.count) decisions more", recorded: "none")
    }
    return Self.first(decision, record, end, replay.state ?? end)
  }

  private static func first(
    _ decision: Decision, _ record: Record, _ end: Rollout, _ state: Rollout
  ) -> Difference? {
    var first = FirstDifference()
    first.compare("verdict", decision.verdict, record.verdict) { $0.rawValue }
    first.compare("cause", decision.cause, record.cause) { $0.rawValue }
    first.compare("engine", end.decisionVersion, record.engine.decisionVersion) { "rules \($0)" }
    first.compare("from", decision.from, record.from)
    first.compare("to", decision.to, record.to)
    first.compare("revision", decision.revision, record.revision)
    first.compare("reason", decision.reason, record.reason)
    first.compare("checks", decision.checks, record.checks)
    first.compare("drift", decision.drift, record.drift)
    first.compare("goal", decision.goal, record.goal)
    first.compare("arms", decision.arms, record.arms)
    first.compare("slices", decision.slices, record.slices)
    first.compare("group", decision.group, record.group)
    first.compare("exposure", decision.exposure, record.exposure)
    first.compare("remarks", decision.remarks, record.remarks)
    first.compare("crash", decision.crash, record.crash)
    // What a server answered cannot be derived; that there was something to keep can.
    if !decision.isForErrors {
      first.compare("errorSample", ErrorSample?.none, record.errorSample)
    }
    if !decision.isOnPairs {
      first.compare("differences", DifferencesReport?.none, record.differences)
    }
    first.compare("decidedAt", decision.decidedAt.second, record.decidedAt.second) { $0.iso8601 }
    first.compare("routes", end.plan.routes, record.routes)
    first.compare("generation", end.generation, record.generation) { "\($0)" }
    first.compare("rollout", end.number, record.rollout) { "\($0)" }
    first.compare("stable", end.stable, record.stable)
    first.compare("wanted", end.wanted, record.wanted?.facts)
    first.compare("state", end, state)
    return first.difference
  }
}

/// Keeps the first of several differences; texts are made of nothing that is equal.
private struct FirstDifference {
  private(set) var difference: Rederivation.Difference?

  mutating func compare<Value: Equatable>(
    _ field: String, _ derived: Value, _ recorded: Value, _ text: (Value) -> String
  ) {
    guard difference == nil, derived != recorded else { return }
    difference = .init(field: field, derived: text(derived), recorded: text(recorded))
  }

  /// Two values, told apart by their JSON from shortly before they differ.
  mutating func compare<Value: Encodable & Equatable>(
    _ field: String, _ derived: Value, _ recorded: Value
  ) {
    guard difference == nil, derived != recorded else { return }
    let texts = [derived, recorded].map { (try? JSONValue(encoding: $0))?.canonical ?? "null" }
    let common = zip(texts[0], texts[1]).prefix { $0 == $1 }.count
    let shown = texts.map { String($0.dropFirst(max(0, common - 20)).prefix(80)) }
    difference = .init(field: field, derived: shown[0], recorded: shown[1])
  }
}

extension Instant {
  /// The whole second in which it lies, which is what a record tells.
  fileprivate var second: Instant { Instant(milliseconds: wholeSeconds * 1000) }
}
