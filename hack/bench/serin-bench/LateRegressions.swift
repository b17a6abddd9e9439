import Simulation

/// T5: how soon a regression is found that shows only from the third step on, after ten good minutes.
enum LateRegressions {
  static let onset = 2 * Schedule.looksPerStep

  static let contestants = Ours.Profile.allCases.flatMap { profile in
    [
      Contestant(name: "\(profile.rawValue), starts at every step") { Ours(profile) },
      Contestant(name: "\(profile.rawValue), one start") { Ours(profile, starts: .once) },
    ]
  }

  static func table(rollouts: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T5 Regressions from the third step on: rolled back, median delay",
      columns: ["rps", "errors"] + contestants.map(\.name))
    for rate in [50, 500] {
      for regression in [4.0, 10, 200] {
        let contest = Contest(
          traffic: Detection.regressed(by: regression, rate, onset: onset),
          contestants: contestants, rollouts: rollouts,
          seed: UInt64(50_000 + rate * 1000) + UInt64(regression))
        let summaries = await contest.outcomes().map(Summary.init)
        table.add(["\(rate)", "x\(short(regression))"] + summaries.map(cell))
        Progress.report("T5 \(rate) rps, x\(short(regression))")
      }
    }
    return table
  }

  private static func cell(_ summary: Summary) -> String {
    let delays = summary.stops.filter { $0 >= onset }
      .map { Double($0 + 1 - onset) * Schedule.secondsPerLook }
    let median = quantile(of: delays, 0.5).map { "\(whole($0))s" } ?? "-"
    return "\(wholePercent(summary.rolledBack)) / \(median)"
  }
}
