import Analysis
import Profiles
import Rollouts
import Simulation
import Testing

/// Whole rollouts under a predictions gate, by the function that decides in production.
@Suite struct GateTests {
  /// Short steps at 40 requests a second: a classifier with inverted answers is promoted by none of 40
  /// seeds, and rolled back by all; one that predicts as the old one did is promoted by all.
  @Test(arguments: [([140, 860], Decision.Verdict.rollback), ([860, 140], .promote)])
  func whoGetsAllTraffic(own: [Int], verdict: Decision.Verdict) {
    var traffic = Traffic(Self.deployment, requestsPerSecond: 40)
    traffic.metrics = [Traffic.Metric(stable: 0.002, candidate: 0.002)]
    traffic.predictions?.candidate = [own.map { Double($0) / 1000 } + [0, 0]]
    for seed in UInt64(1)...40 {
      let rollout = SimulatedRollout.run(
        Self.deployment, traffic, seed: seed, for: .seconds(1800))
      let ends = rollout.events.map(\.decision.verdict).filter {
        [.promote, .rollback].contains($0)
      }
      #expect(ends == [verdict], "seed \(seed): \(ends)")
    }
  }

  /// What a plan says of the gate: steps that are too short are too short, and a larger move is seen
  /// sooner.
  @Test func whatAGateNeeds() async throws {
    let slow = try #require(
      await GateStudy.study(Self.deployment, requestsPerSecond: 2, rollouts: 10))
    #expect(slow.given == 8...32 && !slow.isEnough)
    let quick = try #require(
      await GateStudy.study(Self.deployment, requestsPerSecond: 200, rollouts: 10))
    #expect(quick.needed.map { (50...500).contains($0) } == true && quick.isEnough)
    let times = quick.moves.compactMap(\.elapsed)
    #expect(quick.moves.map(\.share.perMillion) == [100_000, 200_000, 500_000])
    #expect(quick.moves[2].detected == 1 && times.last ?? .zero < times.dropLast().last ?? .zero)
  }

  private static let deployment = Deployment(
    name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
    revision: Revision(
      id: Revision.ID("candidate"),
      model: Model(
        version: "2", uri: "file:///2", digest: nil, format: "sklearn", smoke: nil, retry: 0)),
    strategy: Strategy(
      kind: .canary,
      steps: [50, 250, 500].map {
        Step(route: .split(weight: PerMille($0)), atLeast: .seconds(5), atMost: .seconds(20))
      }),
    objectives: [.errors(below: Ratio(perMillion: 10_000))],
    analysis: AnalysisSettings(
      confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
      onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
    bake: .seconds(60), holdback: PerMille(50), prepareWithin: .seconds(600), suspended: false,
    drift: DriftSettings(
      profile: DataProfile(
        rows: 100_000, source: "train.csv", features: [],
        outputs: [
          ProfileColumn(
            name: "class", kind: .category(values: ["no", "yes"]), counts: [86_000, 14_000, 0, 0])
        ]),
      digest: "", sample: .auto,
      predictions: .init(
        tolerance: Ratio(perMillion: 250_000), action: .rollback,
        notice: Ratio(perMillion: 200_000)),
      inputs: nil, maturity: .seconds(3600)))
}
