import Simulation
import SimulationKit

/// T1: how often a candidate that should not be rolled back is.
enum FalseRollbacks {
  struct Scenario {
    let name: String
    let stable: Double
    var candidate: Double?
    var pattern = Traffic.Pattern.independent
  }

  static let scenarios = [
    Scenario(name: "healthy, 0.5%", stable: 0.005),
    Scenario(name: "healthy, 0.9%", stable: 0.009),
    Scenario(name: "at the limit: 0.8% and 1.0%", stable: 0.008, candidate: 0.01),
    Scenario(name: "shared incidents, x10", stable: 0.004, pattern: .sharedIncidents),
    Scenario(name: "clusters, mean size 8", stable: 0.005, pattern: .clusters(meanSize: 8)),
    Scenario(name: "pods, cv 1 per minute", stable: 0.004, pattern: .pods(variation: 1)),
  ]

  static let contestants = Lineup.ours + Lineup.documented + [Lineup.kayenta] + Lineup.impatient

  static func table(rollouts: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T1 False rollbacks, of \(rollouts) rollouts",
      columns: ["rps", "scenario"] + contestants.map(\.name))
    for rate in [5, 50, 500] {
      for (index, scenario) in scenarios.enumerated() {
        let contest = Contest(
          traffic: traffic(scenario, rate), contestants: contestants, rollouts: rollouts,
          seed: UInt64(10_000 + rate * 10 + index))
        let summaries = await contest.outcomes().map(Summary.init)
        table.add(["\(rate)", scenario.name] + summaries.map { percent($0.stopped) })
        Progress.report("T1 \(rate) rps, \(scenario.name)")
      }
    }
    return table
  }

  private static func traffic(_ scenario: Scenario, _ rate: Int) -> Traffic {
    let metric = Traffic.Metric(
      stable: scenario.stable, candidate: scenario.candidate ?? scenario.stable)
    return Traffic(
      requestsPerSecond: Double(rate), secondsPerLook: Schedule.secondsPerLook,
      metrics: [metric, metric], pattern: scenario.pattern,
      hasBaseline: true)
  }
}
