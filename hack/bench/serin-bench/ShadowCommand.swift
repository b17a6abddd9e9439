import Analysis
import ArgumentParser
import Profiles
import Rollouts
import Simulation

/// How often a candidate that answers copies is rolled back, by pairs of answers and by other means.
struct ShadowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shadow", abstract: "Measure what pairs of answers show under a mirror.",
    discussion: """
      Prints a table in Markdown: ten minutes under a mirror of all requests, 20 a second, with a promise \
      that at most 2% of the answers differ. The same candidates stand before Serin's test of pairs, \
      before its test of the two models' predictions, which knows no pairs, and before two tests at 1% that are \
      made anew at each look: of one proportion, how many pairs differ, and of two, how often each model answers \
      the most frequent class. One seed: the same figures come out each time.
      """)

  @Option(help: "How many rollouts each row rests on.") var runs = 2000

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async {
    var table = MarkdownTable(
      title: "Rolled back within ten minutes under a mirror, of \(runs) rollouts",
      columns: ["answers that differ"]
        + ["pairs", "predictions", "peeking at pairs", "peeking at classes"].flatMap {
          [$0, "median requests"]
        })
    for candidate in ShadowCandidate.all {
      let found = await concurrently(runs) { candidate.found(seed: UInt64($0 + 1)) }
      let rules = [\ShadowFindings.pairs, \.predictions, \.peeking, \.peekingAtClasses]
      table.add(
        [candidate.name]
          + rules.flatMap { rule in cells(found.compactMap { $0[keyPath: rule] }) })
      Progress.report(candidate.name)
    }
    print(table.text)
  }

  /// The share of rollouts in which it was found, and after how many requests.
  private func cells(_ requests: [Int]) -> [String] {
    let median = quantile(of: requests.map(Double.init).sorted(), 0.5)
    return [percent(Double(requests.count) / Double(runs)), median.map(whole) ?? "-"]
  }
}

/// After how many copied requests each rule gave a candidate up; nil when it did not.
private struct ShadowFindings: Sendable {
  let pairs: Int?
  let predictions: Int?
  let peeking: Int?
  let peekingAtClasses: Int?
}

/// A candidate whose answers differ from stable's.
private struct ShadowCandidate {
  let share: Double
  /// Whether as many answers move to a class as from it, so that each is as frequent as before.
  let isSwap: Bool

  static let all =
    [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2].map { ShadowCandidate(share: $0, isSwap: true) }
    + [0.05, 0.1, 0.2].map { ShadowCandidate(share: $0, isSwap: false) }

  var name: String { "\(percent(share)), \(isSwap ? "there and back" : "one way")" }

  private static let limit = Ratio(perMillion: 20_000)
  private static let errors = Objective.errors(below: Ratio(perMillion: 10_000))
  private static let disagreement = Objective(.disagreement(below: limit, by: .standard))
  private static let requestsPerSecond = 20.0
  private static let time = Duration.seconds(600)

  func found(seed: UInt64) -> ShadowFindings {
    ShadowFindings(
      pairs: found(Self.deployment([Self.errors, Self.disagreement], drift: nil), seed),
      predictions: found(Self.deployment([Self.errors], drift: Self.drift), seed),
      peeking: foundByPeeking(seed), peekingAtClasses: foundByClasses(seed))
  }

  private func found(_ deployment: Deployment, _ seed: UInt64) -> Int? {
    let rollout = SimulatedRollout.run(deployment, traffic(deployment), seed: seed, for: Self.time)
    return rollout.outcome == .rolledBack ? rollout.requests : nil
  }

  private func traffic(_ deployment: Deployment) -> Traffic {
    var traffic = Traffic(deployment, requestsPerSecond: Self.requestsPerSecond)
    traffic.metrics = deployment.objectives.map { objective in
      objective.isOfPairs
        ? .init(stable: 0, candidate: share) : .init(stable: 0.002, candidate: 0.002)
    }
    if !isSwap { traffic.predictions?.move(share) }
    return traffic
  }

  /// Tests the share of all pairs so far at each look, as if it were the only one.
  private func foundByPeeking(_ seed: UInt64) -> Int? {
    let deployment = Self.deployment([Self.disagreement], drift: nil)
    var source = SyntheticCounts(traffic(deployment), objectives: deployment.objectives, seed: seed)
    var (bad, total) = (0, 0)
    for _ in 0..<Int(Self.time / deployment.analysis.interval) {
      let look = source.next(route: .mirror(weight: .all))
      guard let pairs = look?.candidate.samples?.pairs else { return nil }
      (bad, total) = (bad + pairs.differing, total + pairs.compared)
      let (expected, limit) = (Double(total) * Self.limit.value, Self.limit.value)
      let deviation = (expected * (1 - limit)).squareRoot()
      if total >= 200, Double(bad) > expected + 2.326 * deviation { return total }
    }
    return nil
  }

  /// Compares at each look how often the two models have answered the most frequent class.
  private func foundByClasses(_ seed: UInt64) -> Int? {
    let deployment = Self.deployment([Self.errors], drift: Self.drift)
    var source = SyntheticCounts(traffic(deployment), objectives: deployment.objectives, seed: seed)
    var test = TwoProportions(critical: 2.576)
    var requests = 0
    for _ in 0..<Int(Self.time / deployment.analysis.interval) {
      guard let look = source.next(route: .mirror(weight: .all)),
        let own = look.candidate.samples?.outputs.first,
        let other = look.stable.samples?.outputs.first
      else { return nil }
      requests += look.candidate.requests
      let found = test.look(
        candidate: (own[0], own.reduce(0, +)), stable: (other[0], other.reduce(0, +)))
      if found != nil { return requests }
    }
    return nil
  }

  private static func deployment(_ objectives: [Objective], drift: DriftSettings?) -> Deployment {
    let model = Model(
      version: "2", uri: "file:///2", digest: nil, format: "sklearn", smoke: nil, retry: 0)
    let step = Step(route: .mirror(weight: .all), atLeast: time, atMost: time * 2)
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: Revision(id: Revision.ID("candidate"), model: model),
      strategy: Strategy(kind: .shadow, steps: [step], atEnd: .hold), objectives: objectives,
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
        onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
      bake: .zero, prepareWithin: time, suspended: false, drift: drift)
  }

  private static let drift = DriftSettings(
    profile: DataProfile(
      rows: 100_000, source: "train.csv", features: [],
      outputs: [
        ProfileColumn(
          name: "class", kind: .category(values: ["a", "b", "c", "d"]),
          counts: [40_000, 30_000, 20_000, 10_000, 0, 0])
      ]),
    digest: "", sample: .auto,
    predictions: .init(
      tolerance: Ratio(perMillion: 250_000), action: .rollback, notice: Ratio(perMillion: 200_000)),
    inputs: nil, maturity: .seconds(3600))
}
