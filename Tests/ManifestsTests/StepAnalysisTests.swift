import Manifests
import Rollouts
import Testing

/// `analysis` of a step.
@Suite struct StepAnalysisTests {
  /// Each step has what is written for it, and none has what is written for another.
  @Test(
    arguments: [
      (
        "canary: {steps: [{weight: 5%, analysis: {minRequests: 500}}, 50%]}",
        [StepAnalysis(minRequests: 500), nil]
      ),
      (
        "canary: {steps: [{mirror: 20%, analysis: {noDataAfter: 10m}}, {weight: 5%, analysis: {minRequests: 1, noDataAfter: 1s}}]}",
        [
          StepAnalysis(noDataAfter: .seconds(600)),
          StepAnalysis(minRequests: 1, noDataAfter: .seconds(1)),
        ]
      ),
      (
        "canary: {steps: [{match: {header: x-beta, value: a}, analysis: {minRequests: 20}}, 5%]}",
        [StepAnalysis(minRequests: 20), nil]
      ),
      (
        "shadow: {mirror: 50%, analysis: {minRequests: 1000}}",
        [StepAnalysis(minRequests: 1000), nil, nil, nil]
      ),
      (
        "shadow: {then: hold, analysis: {minRequests: 1000000000}}",
        [StepAnalysis(minRequests: 1_000_000_000)]
      ),
      (
        "blueGreen: {preview: {analysis: {noDataAfter: 2h}}}",
        [StepAnalysis(noDataAfter: .seconds(7200))]
      ), ("canary: {steps: [5%, 50%]}", [nil, nil]), ("shadow: {then: promote}", [nil]),
    ] as [(String, [StepAnalysis?])])
  func read(written: String, analysis: [StepAnalysis?]) throws {
    for revertAt in ["steps", "once"] {
      let file = ManifestText(spec: "  strategy: {\(written), revertAt: \(revertAt)}").file
      #expect(file.diagnostics.isEmpty, "\(file.rendering)")
      let strategy = try #require(file.deployments.first?.deployment.strategy)
      #expect(strategy.steps.map(\.analysis) == analysis)
      #expect(strategy.aroundTheClock.steps.map(\.analysis) == analysis)
    }
  }

  /// What a step says leaves alone what is said of all steps.
  @Test func theRolloutKeepsItsOwn() throws {
    let file = ManifestText(
      spec: "  strategy: {canary: {steps: [{weight: 5%, analysis: {minRequests: 500}}]}}\n"
        + "  analysis: {minRequests: 300, noDataAfter: 30s}"
    ).file
    let analysis = try #require(file.deployments.first?.deployment.analysis)
    #expect(analysis.minRequests == 300 && analysis.noDataAfter == .seconds(30))
  }
}
