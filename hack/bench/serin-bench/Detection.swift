import Simulation

/// T2: how soon a candidate with more errors from its first request on is rolled back.
enum Detection {
  static let contestants = Lineup.ours + Lineup.documented + [Lineup.kayenta]

  static func table(rollouts: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T2 Regressions from the start: rolled back, median time, canary requests, bad ones",
      columns: ["rps", "errors"] + contestants.map(\.name))
    for rate in [5, 50, 500] {
      for regression in [1.5, 2, 4, 10, 200] {
        let contest = Contest(
          traffic: regressed(by: regression, rate), contestants: contestants, rollouts: rollouts,
          seed: UInt64(20_000 + rate * 1000) + UInt64(regression * 2))
        let summaries = await contest.outcomes().map(Summary.init)
        table.add(["\(rate)", "x\(short(regression))"] + summaries.map(cell))
        Progress.report("T2 \(rate) rps, x\(short(regression))")
      }
    }
    return table
  }

  /// Half a percent of stable's answers is bad by each of two metrics, and so many times more of the
  /// candidate's by the first.
  static func regressed(by factor: Double, _ rate: Int, onset: Int = 0) -> Traffic {
    let usual = 0.005
    return Traffic(
      requestsPerSecond: Double(rate), secondsPerLook: Schedule.secondsPerLook,
      metrics: [
        Traffic.Metric(stable: usual, candidate: min(1, usual * factor)),
        Traffic.Metric(stable: usual, candidate: usual),
      ], onset: onset)
  }

  private static func cell(_ summary: Summary) -> String {
    let time = summary.medianSeconds.map { "\(whole($0))s" } ?? "-"
    let counts = "\(whole(summary.meanRequests)) / \(whole(summary.meanBad))"
    return "\(wholePercent(summary.rolledBack)) / \(time) / \(counts)"
  }
}
