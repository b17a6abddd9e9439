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
      each at 5% and made anew at each look. In a group of two one candidate fails as the row says, and the \
      other one is as good as stable. One seed: the same figures come out each time.
      """)

  @Option(help: "How many rollouts each row rests on.") var runs = 2000
  @Option(help: "Only strategies whose name begins so.") var only = ""

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
    guard tried.isEmpty else { return }
    let names = TriedStrategy.all.map(\.name).joined(separator: ", ")
    throw ValidationError("No strategy is called \(only): they are \(names).")
  }

  func run() async throws {
    var table = MarkdownTable(
      title: "Rolled back and promoted, of \(runs) rollouts",
      columns: [
        "strategy", "stable and candidate fail", "rolled back", "median minutes", "promoted",
        "peeking at the promise", "peeking at stable",
      ])
    for (strategy, members) in try tried.map({ ($0, try $0.members()) }) {
      for candidate in TriedCandidate.all {
        let found = await concurrently(runs) {
          strategy.play(members, candidate, seed: UInt64($0 + 1))
        }
        table.add([strategy.name, candidate.name] + cells(found))
        Progress.report("\(strategy.name), \(candidate.name)")
      }
    }
    print(table.text)
  }

  private var tried: [TriedStrategy] { TriedStrategy.all.filter { $0.name.hasPrefix(only) } }

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

  static let healthy = all[0]

  var name: String { "\(percent(stable)), \(percent(candidate))" }
}

/// A way to go live, as a manifest says it.
private struct TriedStrategy: Sendable {
  let name: String
  let lines: String
  var pattern = Traffic.Pattern.independent
  /// The deployments that go live; what is told is told of the first.
  var names = ["iris"]

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
    TriedStrategy(
      name: "group of two",
      lines: """
        group: pair
        strategy: {canary: {steps: [5%, 25%, 50%], atLeast: 10m, atMost: 20m}}
        """, names: ["iris", "roses"]),
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

  func members() throws -> [Deployment] { try names.map(deployment) }

  private func deployment(named name: String) throws -> Deployment {
    let indented = lines.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        model: {version: "2", uri: "file:///2", format: sklearn}
        slos: [{errors: {below: 1%}}]
      \(indented)
      """
    let file = decodeManifests(Array(text.utf8), path: "iris.yaml")
    guard let declared = file.deployments.first else { throw ValidationError(file.rendering) }
    return declared.deployment
  }

  func play(
    _ deployments: [Deployment], _ candidate: TriedCandidate, seed: UInt64
  ) -> StrategyFindings {
    var members = deployments.enumerated().map { index, deployment in
      TriedMember(
        deployment, traffic(of: index == 0 ? candidate : .healthy, for: deployment),
        seed: seed + UInt64(index) << 32)
    }
    let limit = deployments[0].longestRollout
    while members.contains(where: { $0.rollout.outcome == .open && $0.rollout.elapsed <= limit }) {
      for index in members.indices {
        let others = members[..<index] + members[(index + 1)...]
        members[index].look(beside: others.map(\.rollout))
      }
    }
    let (rollout, source) = (members[0].rollout, members[0].source)
    let outcomes = Set(members.map(\.rollout.outcome))
    precondition(!outcomes.isSuperset(of: [.promoted, .rolledBack]), "all or none")
    return StrategyFindings(
      outcome: rollout.outcome, minutes: Double(rollout.elapsed.components.seconds) / 60,
      isOverPromise: source.isOverPromise, isOverStable: source.isOverStable)
  }

  private func traffic(of candidate: TriedCandidate, for deployment: Deployment) -> Traffic {
    let metric = Traffic.Metric(stable: candidate.stable, candidate: candidate.candidate)
    return Traffic(
      requestsPerSecond: Self.perSecond,
      secondsPerLook: Double(deployment.analysis.interval.components.seconds),
      metrics: deployment.objectives.map { _ in metric }, pattern: pattern)
  }
}

/// One deployment on its way, and what its clients are answered.
private struct TriedMember {
  private(set) var rollout: SimulatedRollout
  private(set) var source: Watched

  init(_ deployment: Deployment, _ traffic: Traffic, seed: UInt64) {
    rollout = SimulatedRollout(deployment)
    source = Watched(SyntheticCounts(traffic, objectives: deployment.objectives, seed: seed))
  }

  mutating func look(beside others: [SimulatedRollout]) {
    rollout.peers = others.map { $0.peer(toldTo: rollout.name) }
    rollout.run(&source, looks: 1)
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
