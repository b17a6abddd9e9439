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

  package init(after state: Rollout? = nil) { self.state = state }

  /// Decides again what a record says.
  ///
  /// - Returns: What differs, or nil.
  package mutating func check(_ record: Record, _ json: JSONValue) -> Difference? {
    guard record.engine == .current else {
      return Difference(
        field: "engine", derived: "rules \(Engine.current.decisionVersion)",
        recorded: "rules \(record.engine.decisionVersion), which this serin does not know")
    }
    guard let replay = Replay(json: json) else {
      return Difference(field: "replay", derived: "looks and a state", recorded: "something else")
    }
    do throws(Replay.Unreadable) {
      let before = state ?? Rollout(name: record.deployment)
      let (decisions, end) = try replay.run(after: before)
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
    guard waiting.isEmpty || decision.isLate(in: record) else {
      return Difference(
        field: "verdict", derived: "\(waiting.count) decisions more", recorded: "none")
    }
    return Self.first(decision, record, end, replay.state ?? end)
  }

  private static func first(
    _ decision: Decision, _ record: Record, _ end: Rollout, _ state: Rollout
  ) -> Difference? {
    let reason = CommitMessage.line(decision.reason)
    let recorded =
      decision.isLate(in: record) ? early(record.reason, like: reason) : record.reason
    var first = FirstDifference()
    first.compare("verdict", decision.verdict, record.verdict) { $0.rawValue }
    first.compare("cause", decision.cause, record.cause) { $0.rawValue }
    first.compare("from", decision.from, record.from)
    first.compare("to", decision.to, record.to)
    first.compare("revision", decision.revision, record.revision)
    first.compare("reason", reason, recorded) { $0 }
    first.compare("checks", decision.checks, record.checks)
    first.compare("drift", decision.drift, record.drift)
    first.compare("exposure", decision.exposure, record.exposure)
    first.compare("remarks", decision.remarks, record.remarks)
    first.compare("crash", decision.crash, record.crash)
    // What a server answered cannot be derived; that there was something to keep can.
    if !decision.isForErrors {
      first.compare("errorSample", ErrorSample?.none, record.errorSample)
    }
    first.compare("decidedAt", decision.decidedAt.second, record.decidedAt.second) { $0.iso8601 }
    first.compare("traffic", end.plan.shares, record.traffic)
    first.compare("generation", end.generation, record.generation) { "\($0)" }
    first.compare("rollout", end.number, record.rollout) { "\($0)" }
    first.compare("stable", end.stable, record.stable)
    first.compare("wanted", end.recordedWanted, record.wanted)
    first.compare("state", end, state)
    return first.difference
  }
}

extension Rederivation {
  /// Returns the reason that a late record gives, without its end about being late.
  private static func early(_ recorded: String, like reason: String) -> String {
    let shown = reason.prefix(longestOfLate)
    return recorded.hasPrefix(shown) ? reason : recorded
  }

  /// The end about being late may cut a long reason short.
  private static let longestOfLate = 100
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

extension Decision {
  /// Whether a record says that it was written after the decision took effect.
  fileprivate func isLate(in record: Record) -> Bool {
    record.reason.contains(" (recorded late: ")
  }
}

extension Instant {
  /// The whole second in which it lies, which is what a record tells.
  fileprivate var second: Instant { Instant(milliseconds: wholeSeconds * 1000) }
}
