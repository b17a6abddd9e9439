package import Encoding
package import Rollouts

/// What a decision can be derived from again: everything its rollout was told since the record before.
package struct Replay: Equatable, Sendable {
  /// The state in which the looks begin; nil when it is the one that the record before left.
  package let start: Rollout?
  /// How many looks before them were not kept.
  package let skipped: Int
  /// As `LookWriter` writes them.
  package let looks: [WrittenLook]
  /// The rollout after the decision, with the state of every test; nil while a candidate is on trial
  /// or when `start` is there: then it follows from the looks.
  package let state: Rollout?

  package init(start: Rollout?, skipped: Int, looks: [WrittenLook], state: Rollout?) {
    self.start = start
    self.skipped = skipped
    self.looks = looks
    self.state = state
  }

  /// Whether the state after it can be told without the records before.
  var holdsState: Bool { state != nil || start != nil }

  /// Returns the replay as JSON, without a way through text for the looks.
  func json() throws -> JSONValue {
    [
      "start": try start.map { try JSONValue(encoding: $0) } ?? .null, "skipped": .number(skipped),
      "looks": .array(LookColumns.fold(looks)),
      "state": try state.map { try JSONValue(encoding: $0) } ?? .null,
    ]
  }

  /// - Returns: nil when the value is no replay that this version can read.
  package init?(json: JSONValue) {
    guard case .object(let members) = json, members.count == 4, let start = members["start"],
      let skipped = members["skipped"]?.integer, case .array(let values)? = members["looks"],
      let looks = LookColumns.unfold(values),
      let state = members["state"],
      let before = Self.state(start), let after = Self.state(state)
    else { return nil }
    self.init(start: before, skipped: skipped, looks: looks, state: after)
  }

  /// - Returns: nil when the value is no state, and nil inside when there is none.
  private static func state(_ json: JSONValue) -> Rollout?? {
    json == .null ? .some(nil) : (try? json.decoded(as: Rollout.self)).map { .some($0) }
  }

  /// A look that cannot be read, by its place.
  package struct Unreadable: Error, CustomStringConvertible {
    let index: Int
    package var description: String { "look \(index + 1) cannot be read" }
  }

  /// Reads looks one after the other.
  package static func looks(
    _ values: [WrittenLook], after state: Rollout, by engines: [Engine] = Engine.all
  ) throws(Unreadable) -> [Look] {
    var looks: [Look] = []
    try forEachLook(of: values, after: state, by: engines) { looks.append($0) }
    return looks
  }

  private static func forEachLook(
    of values: [WrittenLook], after state: Rollout, by engines: [Engine], _ body: (Look) -> Void
  ) throws(Unreadable) {
    var reader = LookReader(after: state, by: engines)
    for (index, value) in values.enumerated() {
      guard let look = reader.read(value) else { throw Unreadable(index: index) }
      body(look)
    }
  }

  /// One look, and the evidence after it.
  package struct Step: Equatable, Sendable {
    package let look: Look
    /// The natural logarithm of the evidence against the candidate, of all objectives and of the
    /// predictions where they may take it back: that on which it was decided, where it was; nil without
    /// a candidate.
    package let logE: Double?
    /// What was known of drift: that on which it was decided, where it was.
    package let drift: [DriftReport]
  }

  /// Returns every look with the evidence after it, from the state that the record before left.
  package func steps(after before: Rollout) -> [Step] {
    var rollout = start ?? before
    let looks = (try? Self.looks(looks, after: rollout)) ?? []
    return looks.map { look in
      let decision = rollout.follow(look)
      let present = rollout.candidate == nil ? nil : rollout.logE
      return Step(
        look: look, logE: decision?.logE ?? present,
        drift: decision?.drift ?? rollout.driftReports(at: look.at))
    }
  }

  /// Decides again.
  ///
  /// - Parameters:
  ///   - before: The state that the record before left.
  ///   - engines: The rules that are known; each look says by which of them it was made.
  /// - Returns: Every decision, and the state after the last look.
  /// - Throws: `Unreadable` at the first value that is no look.
  package func run(
    after before: Rollout, by engines: [Engine] = Engine.all
  ) throws(Unreadable) -> (decisions: [Decision], end: Rollout) {
    var rollout = start ?? before
    var decisions: [Decision] = []
    try Self.forEachLook(of: looks, after: rollout, by: engines) { look in
      if let decision = rollout.follow(look) { decisions.append(decision) }
    }
    return (decisions, rollout)
  }
}
