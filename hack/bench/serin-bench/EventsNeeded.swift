import Analysis
import Peers
import Randomness

/// T7: how many bad events a test needs, whatever the time in which they come.
enum EventsNeeded {
  /// Those that have not decided by then are given up.
  static let most = 5000

  struct Row: Sendable {
    /// Of the traffic at the candidate.
    let perMille: Int
    /// How much larger the odds are that the candidate's request is the bad one.
    let odds: Double

    var share: Double { Double(perMille) / 1000 }

    /// The probability that a bad event is the candidate's.
    var truth: Double { odds * share / (odds * share + 1 - share) }
  }

  struct Column: Sendable {
    let name: String
    let test: @Sendable (Row) -> any EventTest
  }

  static let columns =
    [
      Column(name: "Serin independent") { OursOnEvents(.independent, perMille: $0.perMille) },
      Column(name: "Serin interval") { OursOnEvents(.interval, perMille: $0.perMille) },
      Column(name: "best possible") { Oracle(share: $0.share, truth: $0.truth) },
    ]
    + [2.0, 100, 1000].map { concentration in
      Column(name: "Lindon-Malek, k = \(short(concentration))") {
        LindonMalek(share: $0.share, concentration: concentration)
      }
    }

  static func table(rollouts: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T7 Bad events needed without tolerance: median of \(rollouts) rollouts",
      columns: ["candidate", "odds ratio"] + columns.map(\.name) + ["fixed size, 80% power"])
    for perMille in [50, 100, 500] {
      for odds in [1, 1.25, 1.5, 2, 4, 10, 10_000] {
        let row = Row(perMille: perMille, odds: odds)
        table.add(await cells(row, rollouts: rollouts))
        Progress.report("T7 \(wholePercent(row.share)), odds ratio \(short(odds))")
      }
    }
    return table
  }

  private static func cells(_ row: Row, rollouts: Int) async -> [String] {
    let seed = SplitMix64(seed: 70_000 + UInt64(row.perMille)).child(UInt64(row.odds * 100))
    let needed = await concurrently(rollouts) { index in
      columns.map { column in
        events(until: column.test(row), row, seed.child(UInt64(index)))
      }
    }
    let medians = columns.indices.map { index in median(of: needed.map { $0[index] }) }
    return [wholePercent(row.share), short(row.odds)] + medians + [fixedSize(row)]
  }

  /// Returns how many events the test needed; nil when it did not decide.
  ///
  /// The same generator gives every test the same events.
  private static func events(
    until test: any EventTest, _ row: Row, _ random: SplitMix64
  ) -> Int? {
    var (test, random) = (test, random)
    for event in 1...most {
      test.observe(isCandidate: random.uniform() < row.truth)
      if test.hasDecided { return event }
    }
    return nil
  }

  private static func median(of needed: [Int?]) -> String {
    let decided = needed.compactMap { $0 }.count
    guard decided * 2 > needed.count else {
      return ">\(most) (\(percent(Double(decided) / Double(needed.count))) decided)"
    }
    let sorted = needed.map { Double($0 ?? most) }.sorted()
    return quantile(of: sorted, 0.5).map(whole) ?? "-"
  }

  /// The size of a one-sided test of the proportion at the level alpha that finds the truth with a
  /// probability of 80%, by the normal approximation.
  ///
  /// It may be looked at once. No size is given where the approximation means nothing.
  private static func fixedSize(_ row: Row) -> String {
    guard row.odds > 1, row.odds < 100 else { return "-" }
    let deviations =
      2.3263478740408408 * (row.share * (1 - row.share)).squareRoot()
      + 0.8416212335729143 * (row.truth * (1 - row.truth)).squareRoot()
    let root = deviations / (row.truth - row.share)
    return whole((root * root).rounded(.up))
  }
}
