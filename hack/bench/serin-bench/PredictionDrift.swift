/// T8: a candidate that predicts other classes than stable does on the same traffic.
enum PredictionDrift {
  private static let usual = [0.22, 0.18, 0.14, 0.12, 0.09, 0.08, 0.06, 0.05, 0.04, 0.02]

  private static let cases: [(name: String, shares: [Double], requestsPerUser: Int)] = [
    ("nothing moved", usual, 1), ("nothing moved, everybody asks 8 times", usual, 8),
    ("5% of the predictions moved", moving([0: 0.05]), 1), ("10% moved", moving([0: 0.1]), 1),
    ("30% moved", moving([0: 0.15, 1: 0.15]), 1),
    ("one class only", usual.indices.map { $0 == 0 ? 1 : 0 }, 1),
  ]

  /// Returns the usual shares after so much of some classes moved to the rarest.
  private static func moving(_ losses: [Int: Double]) -> [Double] {
    var shares = usual
    for (index, loss) in losses { shares[index] -= loss }
    shares[usual.count - 1] += losses.values.reduce(0, +)
    return shares
  }

  static func table(runs: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T8 Predictions beside stable's, 10 classes: alarms of \(runs) runs, median time",
      columns: ["rps", "case"] + DriftLineup.predictions.map(\.name))
    for rate in [5, 50, 500] {
      for (index, (name, shares, requestsPerUser)) in cases.enumerated() {
        let contest = DriftContest(
          traffic: DriftTraffic(
            requestsPerSecond: Double(rate), usual: [usual], candidate: [shares],
            requestsPerUser: requestsPerUser),
          contestants: DriftLineup.predictions, runs: runs, seed: UInt64(80_000 + rate * 10 + index)
        )
        table.add(["\(rate)", name] + (await contest.cells()))
        Progress.report("T8 \(rate) rps, \(name)")
      }
    }
    return table
  }
}
