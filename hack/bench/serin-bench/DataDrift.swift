import Foundation

/// T9: inputs beside the profile of the training data, 20 features in tenths of the reference.
enum DataDrift {
  private static let features = 20

  private struct Case {
    let name: String
    var shifted = 0
    var deviations = 0.0
    var requestsPerUser = 1
  }

  private static let cases = [
    Case(name: "nothing moved"),
    Case(name: "nothing moved, everybody asks 8 times", requestsPerUser: 8),
    Case(name: "3 of 20 features by 0.3 deviations", shifted: 3, deviations: 0.3),
    Case(name: "1 of 20 features by 1 deviation", shifted: 1, deviations: 1),
  ]

  /// The deciles of the normal distribution with mean 0 and variance 1.
  private static let edges = [
    -Double.infinity, -1.2815515655446004, -0.8416212335729143, -0.5244005127080407,
    -0.2533471031357997, 0, 0.2533471031357997, 0.5244005127080407, 0.8416212335729143,
    1.2815515655446004, .infinity,
  ]

  /// The mean value of each tenth.
  static let means = zip(edges, edges.dropFirst()).map { 10 * (density($0) - density($1)) }

  static func table(runs: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title:
        "T9 Inputs beside a profile, 20 features x 10 bins: alarms of \(runs) runs, median time",
      columns: ["rps", "case"] + DriftLineup.inputs.map(\.name))
    for rate in [5, 50] {
      for (index, example) in cases.enumerated() {
        let contest = DriftContest(
          traffic: traffic(rate, example),
          contestants: DriftLineup.inputs, runs: runs, seed: UInt64(90_000 + rate * 10 + index))
        table.add(["\(rate)", example.name] + (await contest.cells()))
        Progress.report("T9 \(rate) rps, \(example.name)")
      }
    }
    return table
  }

  private static func traffic(_ rate: Int, _ example: Case) -> DriftTraffic {
    let moved = shares(shiftedBy: example.deviations)
    return DriftTraffic(
      requestsPerSecond: Double(rate),
      usual: Array(repeating: shares(shiftedBy: 0), count: features),
      candidate: (0..<features).map { $0 < example.shifted ? moved : shares(shiftedBy: 0) },
      requestsPerUser: example.requestsPerUser)
  }

  private static func shares(shiftedBy deviations: Double) -> [Double] {
    zip(edges, edges.dropFirst()).map { below($1 - deviations) - below($0 - deviations) }
  }

  private static func below(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
  private static func density(_ x: Double) -> Double {
    exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }
}
