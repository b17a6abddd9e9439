import Simulation

/// T6: how soon a candidate is proven to keep its promise of 1% by both metrics.
enum Promotions {
  static let contestants = [Contestant(name: "Serin") { Promotion() }]

  static func table(rollouts: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T6 Proofs of less than 1%: proven, median time, its 90% point, canary requests",
      columns: ["rps", "bad"] + contestants.map(\.name))
    for rate in [5, 50, 500] {
      for bad in [0.0005, 0.002, 0.005, 0.008, 0.01, 0.015] {
        let contest = Contest(
          traffic: traffic(bad, rate), contestants: contestants, rollouts: rollouts,
          seed: UInt64(60_000 + rate * 1000) + UInt64(bad * 10_000))
        let summaries = await contest.outcomes().map(Summary.init)
        let share = "\(short((bad * 10_000).rounded() / 100))%"
        table.add(["\(rate)", share] + summaries.map(cell))
        Progress.report("T6 \(rate) rps, \(share)")
      }
    }
    return table
  }

  private static func traffic(_ bad: Double, _ rate: Int) -> Traffic {
    let metric = Traffic.Metric(stable: bad, candidate: bad)
    return Traffic(
      requestsPerSecond: Double(rate), secondsPerLook: Schedule.secondsPerLook,
      metrics: [metric, metric])
  }

  private static func cell(_ summary: Summary) -> String {
    guard let median = summary.seconds(0.5), let late = summary.seconds(0.9),
      let requests = summary.medianRequests
    else { return percent(0) }
    return "\(percent(summary.stopped)) / \(whole(median))s / \(whole(late))s / \(whole(requests))"
  }
}
