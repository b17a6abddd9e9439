import Analysis
import ArgumentParser
import Peers
import Rollouts
import Simulation

/// What the statistics of one look cost, beside one judgement of Kayenta's judge on the same counts.
///
/// Nanoseconds belong to the machine; their ratio hardly does. Both are compiled by the same compiler:
/// the judge is ours after Kayenta's source, not the original.
struct Speed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed", abstract: "Measure what the statistics of one look cost.",
    discussion: """
      A look is that of one deployment with 10 metrics in its fifth step. A judgement is that of \
      Kayenta's judge on the same 10 metrics, a value a minute for 20 minutes. Each figure is the \
      best of many rounds. A look for drift compares the inputs with a profile. The whole decision \
      also judges, and counts requests.
      """)

  private static let metrics = 10
  private static let steps = 5

  func run() {
    let looks = Self.looks()
    let judgement = Self.judgement(looks)
    print("Kayenta, one judgement".padded(to: 30) + "\(whole(judgement.nanoseconds)) ns")
    for profile in Ours.profiles {
      let look = Self.look(profile, looks)
      let ratio = tenths(judgement.nanoseconds / look.nanoseconds)
      print(
        "Serin \(profile), one look".padded(to: 30) + "\(whole(look.nanoseconds)) ns,",
        "\(ratio) in the time of a judgement, \(tenths(look.allocations)) allocations")
    }
    for profile in [Dependence.interval, .independent] {
      let look = DriftSpeed.look(profile)
      print(
        "Serin \(profile), drift".padded(to: 30) + "\(whole(look.nanoseconds)) ns:",
        "a look at 20 features of 12 bins, \(tenths(look.allocations)) allocations")
    }
    let sizes = DriftSpeed.effectSizes()
    print(
      "Serin, sizes of drift".padded(to: 30)
        + "\(whole(sizes.nanoseconds)) ns: what is shown of them,",
      "\(tenths(sizes.allocations)) allocations")
    let decision = Self.decision(looks)
    let cores = decision.nanoseconds / 1e9 / Schedule.secondsPerLook
    print(
      "Serin, a whole decision".padded(to: 30) + "\(whole(decision.nanoseconds)) ns:",
      "1000 rollouts take \(tenths(cores * 1000 * 100))% of a core")
  }

  /// A look through the function that decides in production, with the same 10 metrics.
  private static func decision(_ looks: [[MetricLook]]) -> Cost {
    let objectives = (0..<metrics).map { index in
      Objective.latency(
        percentile: Ratio(perMillion: 990_000 - index * 100), below: 250 + index)
    }
    let counts = looks.map { look in
      LookCounts(
        candidate: Counts(zip(objectives, look.map(\.candidate))),
        stable: Counts(zip(objectives, look.map(\.withoutBaseline.stable))))
    }
    var rollout = SimulatedRollout(deployment(objectives))
    var first = Recording(counts[...])
    let done = (steps - 1) * Schedule.looksPerStep + 3
    rollout.run(&first, looks: done)
    return Cost(of: looks.count - done - Cost.firstCalls, from: (rollout, first)) { state, _ in
      state.0.run(&state.1, looks: 1)
    }
  }

  /// Five steps that go on by time alone.
  private static func deployment(_ objectives: [Objective]) -> Deployment {
    let time = Duration.seconds(Schedule.looksPerStep * Int(Schedule.secondsPerLook))
    let model = Model(
      version: "1", uri: "file:///1", digest: nil, format: "sklearn", smoke: nil, retry: 0)
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: Revision(id: Revision.ID("candidate"), model: model),
      strategy: Strategy(
        kind: .canary,
        steps: (0..<steps).map {
          Step(route: .split(weight: PerMille(250 + $0)), atLeast: time, atMost: time)
        }),
      objectives: objectives,
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(Schedule.secondsPerLook),
        minRequests: 1, onNoData: .hold, onInconclusive: .promote, noDataAfter: .seconds(60)),
      bake: time, prepareWithin: time, suspended: false)
  }

  private struct Recording: CountSource {
    private var looks: ArraySlice<LookCounts>

    init(_ looks: ArraySlice<LookCounts>) { self.looks = looks }

    mutating func next(route: Route) -> LookCounts? { looks.popFirst() }
  }

  /// Healthy traffic of the whole rollout and the beginning of a fifth step.
  private static func looks() -> [[MetricLook]] {
    let metric = Traffic.Metric(stable: 0.005, candidate: 0.005)
    let traffic = Traffic(
      requestsPerSecond: 500, secondsPerLook: Schedule.secondsPerLook,
      metrics: Array(repeating: metric, count: metrics), hasBaseline: true)
    var stream = TrafficStream(traffic, seed: 1)
    return (0..<steps * Schedule.looksPerStep).map { _ in stream.next(weight: PerMille(250)) }
  }

  /// All looks of the fifth step but the first, which begins it.
  private static func look(_ profile: Dependence, _ looks: [[MetricLook]]) -> Cost {
    let done = (steps - 1) * Schedule.looksPerStep + 1
    var ours = Ours(profile, metrics: metrics)
    for look in looks.prefix(done) { _ = ours.stops(after: look) }
    let calls = looks.count - done - Cost.firstCalls
    return Cost(of: calls, from: (ours, rollbacks: 0)) { state, index in
      if state.0.stops(after: looks[done + index]) { state.rollbacks += 1 }
    }
  }

  private static func judgement(_ looks: [[MetricLook]]) -> Cost {
    let minutes = stride(from: 0, to: 240, by: 12).map { looks[$0..<$0 + 12] }
    let points = (0..<metrics).map { metric in
      Kayenta.Points(
        candidate: minutes.map { share(of: $0.map { $0[metric].candidate }) },
        stable: minutes.map { share(of: $0.map { $0[metric].stable }) })
    }
    return Cost(of: 2, from: 0) { failures, _ in
      failures += points.count { $0.isHigh() }
    }
  }

  private static func share(of trials: [Trials]) -> Double {
    Double(trials.map(\.bad).reduce(0, +)) / Double(trials.map(\.total).reduce(0, +))
  }
}
