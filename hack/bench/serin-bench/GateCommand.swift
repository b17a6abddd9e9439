import Analysis
import ArgumentParser
import Profiles
import Rollouts
import Simulation

/// What becomes of versions that predict otherwise, and of those that do not, under a predictions gate.
struct GateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate", abstract: "Measure whom the predictions gate lets through.",
    discussion: """
      Prints a table in Markdown: whole rollouts by the function that decides in production, with \
      drift as in "drift: {}", a promise of 1% errors of which 0.2% are used, and steps of 5, 25 and \
      50%. Default steps last 5 to 10 minutes, short ones 5 to 20 seconds. One seed: the same figures \
      come out each time.
      """)

  @Option(help: "How many rollouts each row rests on.") var runs = 500

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async {
    var table = MarkdownTable(
      title: "Rollouts under a predictions gate, \(runs) each",
      columns: [
        "rps", "steps", "candidate", "all traffic", "rolled back", "held for drift", "open",
        "median to all traffic", "median to rollback",
      ])
    for rate in [5.0, 40, 500] {
      for steps in GateSteps.allCases {
        for candidate in GateCandidate.all {
          table.add(await row(candidate, steps, rate))
          Progress.report("\(short(rate)) rps, \(steps.rawValue) steps, \(candidate.name)")
        }
      }
    }
    print(table.text)
  }

  private func row(
    _ candidate: GateCandidate, _ steps: GateSteps, _ rate: Double
  ) async -> [String] {
    let deployment = candidate.deployment(steps)
    let traffic = candidate.traffic(deployment, rate)
    let ends = await concurrently(runs) { run in
      GateEnd(
        SimulatedRollout.run(
          deployment, traffic, seed: UInt64(run + 1), for: .seconds(2 * 3600)))
    }
    let shares = [\GateEnd.hasAllTraffic, \.isRolledBack, \.isHeldForDrift, \.isOpen].map { end in
      percent(Double(ends.count { $0[keyPath: end] }) / Double(runs))
    }
    let times = [ends.compactMap(\.promotion), ends.compactMap(\.rollback)].map { times in
      quantile(of: times.sorted(), 0.5).map { "\(whole($0))s" } ?? "-"
    }
    return ["\(short(rate))", steps.rawValue, candidate.name] + shares + times
  }
}

/// How one rollout ended.
private struct GateEnd: Sendable {
  /// After how many seconds the candidate got all traffic, or was rolled back.
  let promotion: Double?
  let rollback: Double?
  /// Whether its predictions, or mounting evidence, stopped it for a while.
  let isHeldForDrift: Bool

  init(_ rollout: SimulatedRollout) {
    func time(_ verdict: Decision.Verdict) -> Double? {
      rollout.events.first { $0.decision.verdict == verdict }.map { $0.elapsed / .seconds(1) }
    }
    promotion = time(.promote)
    rollback = time(.rollback)
    isHeldForDrift = rollout.events.contains {
      $0.decision.verdict == .hold && [.evidence, .drift].contains($0.decision.cause)
    }
  }

  var hasAllTraffic: Bool { promotion != nil }
  var isRolledBack: Bool { rollback != nil }
  var isOpen: Bool { promotion == nil && rollback == nil }
}

private enum GateSteps: String, CaseIterable {
  case `default`, short

  var steps: [Step] {
    let (atLeast, atMost) = self == .short ? (5, 20) : (300, 600)
    return [50, 250, 500].map {
      Step(
        route: .split(weight: PerMille($0)), atLeast: .seconds(atLeast), atMost: .seconds(atMost))
    }
  }

  var bake: Duration { self == .short ? .seconds(60) : .seconds(1800) }
}

/// What stable predicts, and what the candidate does.
private struct GateCandidate {
  let name: String
  let usual: [Int]
  /// In thousandths of the predictions.
  let own: [Int]

  private static let two = [860, 140]
  private static let ten = [220, 180, 140, 120, 90, 80, 60, 50, 40, 20]

  static let all = [
    GateCandidate(name: "healthy, 2 classes", usual: two, own: two),
    GateCandidate(name: "healthy, 10 classes", usual: ten, own: ten),
    GateCandidate(name: "inverted, 2 classes", usual: two, own: two.reversed()),
    GateCandidate(name: "inverted, 10 classes", usual: ten, own: ten.reversed()),
    GateCandidate(name: "shifted: 14% to 40%", usual: two, own: [600, 400]),
    GateCandidate(
      name: "shifted: 30% of 10 classes", usual: ten,
      own: [70, 30, 140, 120, 90, 80, 60, 50, 40, 320]),
    GateCandidate(name: "collapsed: 14% to none", usual: two, own: [1000, 0]),
    GateCandidate(
      name: "collapsed, 10 classes to one", usual: ten, own: [1000] + ten.dropFirst().map { _ in 0 }
    ),
  ]

  func deployment(_ steps: GateSteps) -> Deployment {
    let model = Model(
      version: "2", uri: "file:///2", digest: nil, format: "sklearn", smoke: nil, retry: 0)
    let classes = usual.indices.map { "\($0)" }
    let profile = DataProfile(
      rows: 100_000, source: "train.csv", features: [],
      outputs: [
        ProfileColumn(
          name: "class", kind: .category(values: classes),
          counts: usual.map { $0 * 100 } + [0, 0])
      ])
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: Revision(id: Revision.ID("candidate"), model: model),
      strategy: Strategy(kind: .canary, steps: steps.steps),
      objectives: [.errors(below: Ratio(perMillion: 10_000))],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
        onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
      bake: steps.bake, holdback: PerMille(50), prepareWithin: .seconds(600), suspended: false,
      drift: DriftSettings(
        profile: profile, digest: "", sample: .auto,
        predictions: .init(
          tolerance: Ratio(perMillion: 250_000), action: .rollback,
          notice: Ratio(perMillion: 200_000)),
        inputs: nil, maturity: .seconds(3600)))
  }

  func traffic(_ deployment: Deployment, _ rate: Double) -> Traffic {
    var traffic = Traffic(deployment, requestsPerSecond: rate)
    traffic.metrics = [Traffic.Metric(stable: 0.002, candidate: 0.002)]
    traffic.predictions?.candidate = [own.map { Double($0) / 1000 } + [0, 0]]
    return traffic
  }
}
