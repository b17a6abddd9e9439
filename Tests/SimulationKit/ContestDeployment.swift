import Analysis
package import Rollouts

extension Deployment {
  /// An A/B test of some candidates beside stable, in equal parts, that is decided on "conversion".
  package static func abTest(of count: Int, atMost time: Duration) -> Deployment {
    let revisions = (0..<count).map { place in
      Revision(
        id: Revision.ID("candidate-\(place)"),
        model: Model(
          version: "\(place + 2)", uri: "file:///\(place + 2)", digest: nil, format: "sklearn",
          smoke: nil, retry: 0))
    }
    let step = Step(
      route: .split(weight: PerMille(1000 / (count + 1))), atLeast: .seconds(60), atMost: time)
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: revisions[0],
      strategy: Strategy(
        kind: .abTest, steps: [step], affinity: .header(name: "x-user-id"),
        goal: Goal(metric: "conversion")),
      objectives: [.errors(below: Ratio(perMillion: 10_000))],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
        onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
      bake: .zero, prepareWithin: .seconds(600), suspended: false,
      rivals: count > 1 ? Array(revisions.dropFirst()) : nil)
  }
}
