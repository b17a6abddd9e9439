import Analysis
import Rollouts
import Simulation
import SimulationKit

/// What an A/B test of several candidates decides, beside a test of two proportions for each that is made anew at each
/// look.
struct ArmsTable {
  let runs: Int

  /// How many times as often the entities of each candidate reach the goal.
  private static let fields: [[Double]] = [
    [1], [1, 1], [1, 1, 1], [1.1], [1.1, 1], [1.1, 1, 1], [1.2], [1.2, 1], [1.2, 1, 1], [0.8],
    [0.8, 1], [0.8, 1, 1], [1.2, 1.1, 0.8],
  ]

  func text() async -> String {
    var table = MarkdownTable(
      title: "Several candidates: decided within 100,000 entities, of \(runs) tests",
      columns: [
        "reach the goal, times as often", "the best won", "no better one won",
        "no worse one removed", "worse ones removed", "median entities until one won",
        "peeking: no better one won", "peeking: no worse one removed",
      ])
    for field in Self.fields {
      let found = await concurrently(runs) { ArmsFindings(field, seed: UInt64($0 + 1)) }
      table.add([field.map(short).joined(separator: ", ")] + cells(field, found))
      Progress.report(field.map(short).joined(separator: ", "))
    }
    return table.text
  }

  private func cells(_ field: [Double], _ found: [ArmsFindings]) -> [String] {
    func share(_ isSo: (ArmsFindings) -> Bool) -> String {
      percent(Double(found.count(where: isSo)) / Double(runs))
    }
    let isAnyBetter = field.contains { $0 > 1 }
    let worse = field.count { $0 < 1 }
    let removed = found.reduce(0) { $0 + $1.serin.removed.count { field[$0] < 1 } }
    let entities = found.filter { $0.serin.winner != nil }.map { Double($0.entities) }.sorted()
    return [
      isAnyBetter ? share { $0.serin.winner.map { field[$0] } == field.max() } : "-",
      share { $0.serin.isWonWrongly(field) }, share { $0.serin.isRemovedWrongly(field) },
      worse == 0 ? "-" : percent(Double(removed) / Double(runs * worse)),
      isAnyBetter ? quantile(of: entities, 0.5).map(whole) ?? "-" : "-",
      share { $0.peeking.isWonWrongly(field) }, share { $0.peeking.isRemovedWrongly(field) },
    ]
  }
}

/// How one test ended, by two rules.
private struct ArmsFindings: Sendable {
  struct End: Sendable {
    var winner: Int?
    var removed: [Int] = []

    func isWonWrongly(_ field: [Double]) -> Bool { winner.map { field[$0] <= 1 } ?? false }
    func isRemovedWrongly(_ field: [Double]) -> Bool { removed.contains { field[$0] >= 1 } }
  }

  let serin: End
  let peeking: End
  let entities: Int

  private static let most = 100_000
  private static let requestsPerSecond = 20.0
  private static let newcomers = 0.2
  private static let goal = 0.1
  private static let errors = 0.002

  init(_ field: [Double], seed: UInt64) {
    let deployment = Deployment.abTest(of: field.count, atMost: Self.time)
    var contest = SimulatedContest(
      deployment, stable: .init(errors: Self.errors, goal: Self.goal),
      candidates: field.map { .init(errors: Self.errors, goal: Self.goal * $0) })
    var traffic = ContestTraffic(
      requestsPerSecond: Self.requestsPerSecond, newcomers: Self.newcomers, seed: seed)
    contest.run(&traffic, entities: Self.most)
    serin = End(winner: contest.winner, removed: contest.left.map(\.place))
    entities = contest.entities
    peeking = Self.peek(field, seed)
  }

  /// Compares the shares of all entities so far at each look, each candidate's with stable's.
  private static func peek(_ field: [Double], _ seed: UInt64) -> End {
    var traffic = ContestTraffic(
      requestsPerSecond: requestsPerSecond, newcomers: newcomers, seed: seed)
    var sums = Array(repeating: GoalTest.Entities.none, count: field.count + 1)
    var end = End()
    while sums.reduce(0, { $0 + $1.seen }) < most, end.removed.count < field.count {
      for place in sums.indices where !end.removed.contains(place - 1) {
        let share = place == 0 ? goal : goal * field[place - 1]
        let look = traffic.next(
          .init(errors: 0, goal: share), seconds: 5, share: 1 / Double(sums.count))
        sums[place] = sums[place] + look
      }
      for place in field.indices where !end.removed.contains(place) {
        let deviation = sums[place + 1].deviation(from: sums[0])
        guard sums[0].seen + sums[place + 1].seen >= 200, abs(deviation) > 1.96 else { continue }
        if deviation > 0 {
          end.winner = place
          return end
        }
        end.removed.append(place)
      }
    }
    return end
  }

  private static let time = Duration.seconds(2 * Double(most) / (requestsPerSecond * newcomers))
}
