import Encoding
package import Rollouts

/// What a rollout was told since its last record, so that anybody can decide again.
///
/// Bounded: of a long time without a decision the newest looks are kept, and the state in which they
/// begin.
package struct Journal: Equatable, Sendable {
  /// The state in which the looks begin.
  private var start: Rollout
  /// How many looks before them are not kept; the state in which they begin is recorded then.
  private var skipped = 0
  /// One JSON text each: they are many, and each is written again with every checkpoint.
  package private(set) var lines: [String] = []
  private var writer: LookWriter

  /// Begins after a record that left this state.
  package init(after state: Rollout) {
    start = state
    writer = LookWriter(after: state)
  }

  /// The looks of half an hour at the usual interval, and of five minutes while nothing is on trial.
  private static let keptOnTrial = 360
  private static let keptOtherwise = 60

  /// Adds what the rollout is told next.
  package mutating func note(_ look: Look) {
    lines.append(writer.write(look).json.canonical)
    let kept = start.candidate == nil ? Self.keptOtherwise : Self.keptOnTrial
    // What cannot be read again is kept as it is: an audit is to see it.
    if lines.count >= 2 * kept { try? forget(lines.count - kept) }
  }

  /// Forgets the oldest looks, keeping what they led to.
  private mutating func forget(_ count: Int) throws {
    let looks = try Replay.looks(values(), after: start)
    for look in looks.prefix(count) { _ = start.follow(look) }
    writer = LookWriter(after: start)
    lines = looks.dropFirst(count).map { writer.write($0).json.canonical }
    skipped += count
  }

  private func values() throws -> [WrittenLook] {
    try lines.map { WrittenLook(json: try JSONValue(canonical: Array($0.utf8))) }
  }

  /// What the decision that follows can be derived from.
  ///
  /// One state is enough: where the looks begin, or where they lead to. On trial neither is written,
  /// since the record before leads there.
  package func replay(leadingTo state: Rollout) throws -> Replay {
    let isDerived = state.candidate != nil || skipped > 0
    return Replay(
      start: skipped > 0 ? start : nil, skipped: skipped, looks: try values(),
      state: isDerived ? nil : state)
  }

  /// How far a journal has come: what is behind a mark is added to what was written up to it.
  package struct Mark: Equatable, Sendable, Codable {
    let skipped: Int
    let count: Int
  }

  package var mark: Mark { Mark(skipped: skipped, count: lines.count) }

  /// Returns the lines behind a mark; nil when lines before it were forgotten since.
  package func lines(since mark: Mark) -> [String]? {
    guard mark.skipped == skipped, mark.count <= lines.count else { return nil }
    return Array(lines[mark.count...])
  }

  /// What survives a crash beside the lines; the state in which the looks begin is that of the last record.
  package struct Stored: Equatable, Sendable, Codable {
    let start: Rollout?
    let mark: Mark
  }

  package var stored: Stored { Stored(start: skipped > 0 ? start : nil, mark: mark) }

  /// A journal of which lines were lost.
  package struct Incomplete: Error, Equatable, CustomStringConvertible {
    let found: Int
    let expected: Int

    package var description: String { "it has \(found) looks of \(expected)" }
  }

  /// Goes on where a journal stopped.
  ///
  /// - Parameters:
  ///   - stored: What was stored.
  ///   - lines: The lines that were written, and maybe some more whose rest was not stored.
  ///   - state: The state that the last record left.
  /// - Throws: `Incomplete`, or when a line is no look.
  package init(_ stored: Stored, lines: [String], after state: Rollout) throws {
    let count = stored.mark.count
    guard 0...lines.count ~= count else {
      throw Incomplete(found: lines.count, expected: count)
    }
    self.init(after: stored.start ?? state)
    skipped = stored.mark.skipped
    self.lines = Array(lines.prefix(count))
    for look in try Replay.looks(values(), after: start) { _ = writer.write(look) }
  }
}

extension Rollout {
  /// Does once more what the controller did.
  package mutating func follow(_ look: Look) -> Decision? {
    switch look {
    case .observation(let world): return advance(world)
    case .wake(let now):
      wake(at: now)
      return nil
    }
  }
}
