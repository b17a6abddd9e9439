import Analysis
import ArgumentParser
import Manifests
import Rollouts
import Simulation

/// How often each strategy takes a healthy candidate back, and how soon a bad one.
struct StrategyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strategies",
    abstract: "Measure how often each strategy takes candidates back.",
    discussion: """
      Prints a table in Markdown: 20 requests a second, of which one in two hundred fails with the old model, and a \
      promise of 1%. The same candidates go live by each strategy, to the end of its bake. Before the same \
      requests stand a test of one proportion against the promise, and one of two proportions against stable, \
      each at 5% and made anew at each look. One seed: the same figures come out each time.
      """)

  @Option(help: "How many rollouts each row rests on.") var runs = 2000

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async throws {
    var table = MarkdownTable(
      title: "Rolled back and promoted, of \(runs) rollouts",
      columns: [
        "strategy", "stable and candidate fail", "rolled back", "median minutes", "promoted",
        "peeking at the promise", "peeking at stable",
      ])
    for (strategy, deployment) in try TriedStrategy.all.map({ ($0, try $0.deployment()) }) {
      for candidate in TriedCandidate.all {
        let found = await concurrently(runs) {
          strategy.play(deployment, candidate, seed: UInt64($0 + 1))
        }
        table.add([strategy.name, candidate.name] + cells(found))
        Progress.report("\(strategy.name), \(candidate.name)")
      }
    }
    print(table.text)
  }

  private func cells(_ found: [StrategyFindings]) -> [String] {
    func share(_ isSo: (StrategyFindings) -> Bool) -> String {
      percent(Double(found.count(where: isSo)) / Double(runs))
    }
    let minutes = found.filter { $0.outcome == .rolledBack }.map(\.minutes).sorted()
    return [
      share { $0.outcome == .rolledBack }, quantile(of: minutes, 0.5).map(whole) ?? "-",
      share { $0.outcome == .promoted }, share(\.isOverPromise), share(\.isOverStable),
    ]
  }
}

/// What became of one rollout, by three rules.
private struct StrategyFindings: Sendable {
  let outcome: SimulatedRollout.Outcome
  let minutes: Double
  let isOverPromise: Bool
  let isOverStable: Bool
}

private struct TriedCandidate: Sendable {
  let stable: Double
  let candidate: Double

  /// The second is as bad as a healthy one may be: at the promise, and worse than stable by the tolerance.
  static let all = [(0.005, 0.005), (0.008, 0.01), (0.005, 0.02), (0.005, 0.05)].map {
    TriedCandidate(stable: $0, candidate: $1)
  }

  var name: String { "\(percent(stable)), \(percent(candidate))" }
}

/// A way to go live, as a manifest says it.
private struct TriedStrategy: Sendable {
  let name: String
  let lines: String
  var pattern = Traffic.Pattern.independent

  static let all = [
    TriedStrategy(
      name: "canary",
      lines: "strategy: {canary: {steps: [5%, 25%, 50%], atLeast: 10m, atMost: 20m}}"),
    TriedStrategy(
      name: "promises of a step",
      lines: """
        strategy:
          canary:
            steps:
              - {weight: 5%, slos: [{latency: {percentile: 99, below: 250ms}}]}
              - 25%
              - 50%
            atLeast: 10m
            atMost: 20m
        """),
    TriedStrategy(
      name: "match, then shares",
      lines: """
        strategy:
          canary:
            steps: [{match: {header: x-beta, value: "true"}, atLeast: 30m, atMost: 1h}, 50%]
        """),
    TriedStrategy(
      name: "clients that stay",
      lines: """
        strategy: {canary: {steps: [5%, 25%, 50%], atLeast: 10m, atMost: 20m, affinity: {header: x-user-id}}}
        """),
    TriedStrategy(name: "blue-green", lines: "strategy: {blueGreen: {}}\nbake: 2h"),
    TriedStrategy(name: "recreate", lines: "strategy: {recreate: {}}\nbake: 2h"),
    TriedStrategy(
      name: "blue-green with a preview",
      lines: "strategy: {blueGreen: {preview: {atLeast: 10m, atMost: 1h}}}"),
    TriedStrategy(
      name: "batch, in clusters of 30", lines: "serving: batch\nbake: 2h",
      pattern: .clusters(meanSize: 30)),
  ]

  private static let perSecond = 20.0

  func deployment() throws -> Deployment {
    let indented = lines.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model: {version: "2", uri: "file:///2", format: sklearn}
        slos: [{errors: {below: 1%}}]
      \(indented)
      """
    let file = decodeManifests(Array(text.utf8), path: "iris.yaml")
    guard let declared = file.deployments.first else { throw ValidationError(file.rendering) }
    return declared.deployment
  }

  func play(_ deployment: Deployment, _ candidate: TriedCandidate, seed: UInt64) -> StrategyFindings
  {
    let metric = Traffic.Metric(stable: candidate.stable, candidate: candidate.candidate)
    let traffic = Traffic(
      requestsPerSecond: Self.perSecond,
      secondsPerLook: Double(deployment.analysis.interval.components.seconds),
      metrics: deployment.objectives.map { _ in metric }, pattern: pattern)
    let limit = deployment.longestRollout
    var source = Watched(
      SyntheticCounts(traffic, objectives: deployment.objectives, seed: seed))
    var rollout = SimulatedRollout(deployment)
    rollout.run(&source, for: limit)
    return StrategyFindings(
      outcome: rollout.outcome, minutes: Double(rollout.elapsed.components.seconds) / 60,
      isOverPromise: source.isOverPromise, isOverStable: source.isOverStable)
  }
}

/// Counts that an impatient person looks at, too.
private struct Watched: CountSource {
  private var counts: SyntheticCounts
  private var (bad, all) = (0.0, 0.0)
  /// Whether the share of errors has ever looked significantly above the promise.
  private(set) var isOverPromise = false
  /// Whether it has ever looked significantly above stable's in the same looks.
  private(set) var isOverStable = false
  private var comparison = TwoProportions(critical: 1.645)

  init(_ counts: SyntheticCounts) { self.counts = counts }

  mutating func next(route: Route) -> LookCounts? {
    guard let look = counts.next(route: route) else { return nil }
    bad += Double(look.candidate.errors)
    all += Double(look.candidate.requests)
    let expected = 0.01
    let deviation = (bad - expected * all) / (expected * (1 - expected) * max(all, 1)).squareRoot()
    if all >= 100, deviation > 1.645 { isOverPromise = true }
    let found = comparison.look(
      candidate: (look.candidate.errors, look.candidate.requests),
      stable: (look.stable.errors, look.stable.requests))
    if found.map({ $0 > 0 }) == true { isOverStable = true }
    return look
  }
}
