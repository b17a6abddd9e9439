import Rollouts
import Testing

@testable import Control

/// Who is looked at next: by urgency, then by the moment, then by who asked first.
@Suite struct ScheduleTests {
  private static func name(_ text: String) -> DeploymentName {
    DeploymentName(namespace: "n", name: text)
  }

  private static func order(
    _ schedule: inout Schedule, at second: Int, through lane: Schedule.Lane = .progress
  ) -> [String] {
    guard schedule.begin(at: Instant(milliseconds: Int64(second) * 1000)) else { return [] }
    var order: [String] = []
    while let name = schedule.next(1, through: lane).first { order.append(name.name) }
    return order
  }

  private static func schedule(_ turns: [(String, Int, Schedule.Lane)]) -> Schedule {
    var schedule = Schedule()
    for (text, second, lane) in turns {
      schedule.plan(name(text), at: Instant(milliseconds: Int64(second) * 1000), in: lane)
    }
    return schedule
  }

  private static let turns: [(String, Int, Schedule.Lane)] = [
    ("new", 0, .progress), ("trial", 5, .watch), ("early", 2, .watch), ("failing", 5, .retreat),
    ("later", 9, .retreat), ("old", 1, .progress),
  ]

  @Test(
    arguments: [
      (0, ["new"]), (4, ["early", "new", "old"]),
      (5, ["failing", "early", "trial", "new", "old"]),
      (9, ["failing", "later", "early", "trial", "new", "old"]),
    ])
  func theMostUrgentComesFirst(second: Int, order: [String]) {
    var schedule = Self.schedule(Self.turns)
    let orders = [Self.order(&schedule, at: second), Self.order(&schedule, at: second)]
    #expect(orders == [order, []], "each has one turn")
  }

  /// Those that are taken together are of one lane, so that nothing urgent waits for what is not.
  @Test func severalAreOfOneLane() {
    var schedule = Self.schedule(Self.turns)
    _ = schedule.begin(at: Instant(milliseconds: 9000))
    var taken: [[String]] = []
    while case let names = schedule.next(3), !names.isEmpty { taken.append(names.map(\.name)) }
    #expect(taken == [["failing", "later"], ["early", "trial"], ["new", "old"]])
    _ = (0..<5).map { schedule.plan(Self.name("\($0)"), at: Instant(milliseconds: 0), in: .watch) }
    _ = schedule.begin(at: Instant(milliseconds: 9000))
    #expect(schedule.next(3).map(\.name) == ["0", "1", "2"])
    #expect(schedule.next(3).map(\.name) == ["3", "4"])
  }

  /// What is left for the next round keeps its place before what becomes due meanwhile.
  @Test func lanesCanWait() {
    var schedule = Self.schedule(Self.turns)
    let first = Self.order(&schedule, at: 2, through: .watch)
    #expect(first == ["early"])
    let second = Self.order(&schedule, at: 5)
    #expect(second == ["failing", "trial", "new", "old"])
  }

  /// Whoever waits in a round is known to, and a turn that was replaced is not held any more.
  @Test func turnsAreKnown() {
    var schedule = Self.schedule([("a", 0, .progress)])
    _ = schedule.begin(at: Instant(milliseconds: 0))
    #expect(schedule.isInRound(Self.name("a")))
    let taken = schedule.next(1).first
    #expect(taken == Self.name("a") && !schedule.isInRound(Self.name("a")))
    let first = schedule.plan(Self.name("a"), at: Instant(milliseconds: 0), in: .progress)
    #expect(schedule.holds(first, of: Self.name("a")))
    schedule.plan(Self.name("a"), at: Instant(milliseconds: 0), in: .watch)
    #expect(!schedule.holds(first, of: Self.name("a")))
  }

  /// A turn replaces the one before, also when that was due in a round under way.
  @Test func aTurnIsReplaced() {
    var schedule = Self.schedule([("a", 0, .progress), ("b", 0, .progress), ("c", 0, .progress)])
    let isAnyoneDue = schedule.begin(at: Instant(milliseconds: 0))
    #expect(isAnyoneDue)
    schedule.plan(Self.name("b"), at: Instant(milliseconds: 0), in: .progress)
    schedule.plan(Self.name("a"), at: Instant(milliseconds: 7000), in: .progress)
    let names = [schedule.next(1).first, schedule.next(1).first]
    #expect(names == [Self.name("c"), nil], "what is planned in a round waits for the next")
    let later = [1, 6, 7].map { Self.order(&schedule, at: $0) }
    #expect(later == [["b"], [], ["a"]])
  }
}
