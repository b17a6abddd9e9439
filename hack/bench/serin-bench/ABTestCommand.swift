import Analysis
import ArgumentParser
import Rollouts
import Simulation
import SimulationKit

/// How often an A/B test names a winner, and how often it names one where there is none.
struct ABTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ab-test",
    abstract: "Measure what an A/B test decides, and after how many entities.",
    discussion: """
      Prints a table in Markdown: 100,000 entities at most, half of them with each model, of whom one in ten \
      reaches the goal with the old one. The same entities stand before Serin's sequential test and \
      before a test of two proportions at 5% that is made anew at each look. A second table tries one, two \
      and three candidates at once, in equal parts. One seed: the same figures come out each time.
      """)

  enum Table: String, ExpressibleByArgument, CaseIterable { case one, several }

  @Option(help: "How many tests each row rests on.") var runs = 2000
  @Option(help: "Which table: of one candidate, or of several; both when nothing is said.")
  var table: Table?

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async {
    if table != .several { await printOne() }
    if table != .one { print(await ArmsTable(runs: runs).text()) }
  }

  private func printOne() async {
    var table = MarkdownTable(
      title: "Decided within 100,000 entities, of \(runs) tests",
      columns: [
        "reach the goal, times as often", "won", "lost", "median entities", "peeking: won",
        "peeking: lost", "median entities",
      ])
    for ratio in [1, 0.8, 0.9, 1.05, 1.1, 1.2, 1.5, 2] {
      let found = await concurrently(runs) { ABFindings(ratio: ratio, seed: UInt64($0 + 1)) }
      table.add(
        [short(ratio)] + cells(found.map(\.serin)) + cells(found.map(\.peeking)))
      Progress.report(short(ratio))
    }
    print(table.text)
  }

  private func cells(_ ends: [ABFindings.End?]) -> [String] {
    let (won, lost) = (ends.count { $0?.isWon == true }, ends.count { $0?.isWon == false })
    let entities = ends.compactMap { $0.map { Double($0.entities) } }.sorted()
    return [won, lost].map { percent(Double($0) / Double(runs)) }
      + [quantile(of: entities, 0.5).map(whole) ?? "-"]
  }
}

/// How one test ended, by two rules; nil when it stayed open.
private struct ABFindings: Sendable {
  struct End: Sendable {
    let isWon: Bool
    let entities: Int
  }

  let serin: End?
  let peeking: End?

  private static let requestsPerSecond = 20.0

  /// - Parameters:
  ///   - ratio: How many times as often the candidate's entities reach the goal.
  ///   - seed: What the entities are drawn with.
  init(ratio: Double, seed: UInt64) {
    var source = EntityCounts(Self.traffic(ratio), seed: seed)
    var rollout = SimulatedRollout(Self.deployment)
    rollout.run(&source, for: Self.time * 2)
    let isOpen = rollout.outcome == .open
    serin = isOpen ? nil : End(isWon: rollout.outcome == .promoted, entities: source.entities)
    peeking = Self.peek(ratio, seed)
  }

  /// Compares the shares of all entities so far at each look, as if it were the only one.
  private static func peek(_ ratio: Double, _ seed: UInt64) -> End? {
    var source = EntityCounts(traffic(ratio), seed: seed)
    var sums = (candidate: GoalTest.Entities.none, stable: GoalTest.Entities.none)
    while let look = source.next(route: .split(weight: .half)) {
      sums = (sums.candidate + look.candidate, sums.stable + look.stable)
      let deviation = sums.candidate.deviation(from: sums.stable)
      if source.entities >= 200, abs(deviation) > 1.96 {
        return End(isWon: deviation > 0, entities: source.entities)
      }
    }
    return nil
  }

  /// One in five requests is an entity's first.
  private static func traffic(_ ratio: Double) -> Traffic {
    var traffic = Traffic(
      requestsPerSecond: requestsPerSecond, metrics: [.init(stable: 0.002, candidate: 0.002)])
    traffic.entities = EntityTraffic(stable: 0.1, candidate: 0.1 * ratio)
    return traffic
  }

  private static let time = Duration.seconds(
    Double(EntityCounts.most) / (requestsPerSecond * 0.2))

  private static let deployment = Deployment.abTest(of: 1, atMost: time)
}

/// The counts of a traffic, up to the entities that a test may take.
private struct EntityCounts: CountSource {
  static let most = 100_000

  private var counts: SyntheticCounts
  private(set) var entities = 0

  init(_ traffic: Traffic, seed: UInt64) {
    counts = SyntheticCounts(
      traffic, objectives: [.errors(below: Ratio(perMillion: 10_000))], seed: seed)
  }

  mutating func next(route: Route) -> LookCounts? {
    guard entities < Self.most, let look = counts.next(route: route) else { return nil }
    entities += look.candidate.entities.seen + look.stable.entities.seen
    return look
  }
}

extension Counts {
  var entities: SampleCounts.Entities { samples?.entities ?? .none }
}

extension GoalTest.Entities {
  static func + (left: Self, right: Counts) -> Self {
    Self(
      seen: left.seen + right.entities.seen, reached: left.reached + right.entities.reached)
  }

  /// How many standard deviations of the difference this share is above the other.
  func deviation(from other: Self) -> Double {
    let all = Double(reached + other.reached) / Double(seen + other.seen)
    let variance = all * (1 - all) * (1 / Double(seen) + 1 / Double(other.seen))
    let shares = [self, other].map { Double($0.reached) / Double($0.seen) }
    return variance > 0 ? (shares[0] - shares[1]) / variance.squareRoot() : 0
  }
}
