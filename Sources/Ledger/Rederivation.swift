package import Manifests
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
    return Self.pairs(decision, record, end, replay.state ?? end).first {
      $0.derived != $0.recorded
    }
  }

  private static func pairs(
    _ decision: Decision, _ record: Record, _ end: Rollout, _ state: Rollout
  ) -> [Difference] {
    let isLate = decision.isLate(in: record)
    let reason = CommitMessage.line(decision.reason)
    return [
      Difference("verdict", decision.verdict.rawValue, record.verdict.rawValue),
      Difference("cause", decision.cause.rawValue, record.cause.rawValue),
      Difference("from", decision.from, record.from),
      Difference("to", decision.to, record.to),
      Difference("revision", decision.revision, record.revision),
      Difference(
        "reason", reason, isLate ? Self.early(record.reason, like: reason) : record.reason),
      Difference("checks", decision.checks, record.checks),
      Difference("drift", decision.drift, record.drift),
      Difference("exposure", decision.exposure, record.exposure),
      Difference("decidedAt", decision.decidedAt.iso8601, record.decidedAt.iso8601),
      Difference("traffic", end.plan.shares, record.traffic),
      Difference("generation", "\(end.generation)", "\(record.generation)"),
      Difference("rollout", "\(end.number)", "\(record.rollout)"),
      Difference("stable", end.stable, record.stable),
      Difference("state", end, state),
    ]
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

extension Rederivation.Difference {
  fileprivate init(_ field: String, _ derived: String, _ recorded: String) {
    self.init(field: field, derived: derived, recorded: recorded)
  }

  /// Two values, told apart by their JSON.
  fileprivate init<Value: Encodable & Equatable>(
    _ field: String, _ derived: Value, _ recorded: Value
  ) {
    guard derived != recorded else {
      self.init(field, "", "")
      return
    }
    let texts = [derived, recorded].map { (try? JSONValue(encoding: $0))?.canonical ?? "null" }
    let common = zip(texts[0], texts[1]).prefix { $0 == $1 }.count
    let shown = texts.map { String($0.dropFirst(max(0, common - 20)).prefix(80)) }
    self.init(field, shown[0], shown[1])
  }
}

extension Decision {
  /// Whether a record says that it was written after the decision took effect.
  fileprivate func isLate(in record: Record) -> Bool {
    record.reason.contains(" (recorded late: ")
  }
}
