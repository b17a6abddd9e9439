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
      best of many rounds.
      """)

  private static let metrics = 10
  private static let steps = 5

  func run() {
    let looks = Self.looks()
    let judgement = Self.judgement(looks)
    print("Kayenta, one judgement    \(whole(judgement.nanoseconds)) ns")
    for profile in Ours.Profile.allCases {
      let look = Self.look(profile, looks)
      let ratio = (judgement.nanoseconds / look.nanoseconds * 10).rounded() / 10
      let name = "Serin \(profile.rawValue), one look".padded(to: 26)
      print(
        "\(name)\(whole(look.nanoseconds)) ns: \(short(ratio)) in the time of a judgement,",
        "\(short(look.allocations)) allocations")
    }
  }

  /// Healthy traffic of the whole rollout and the beginning of a fifth step.
  private static func looks() -> [[MetricLook]] {
    let metric = Traffic.Metric(stable: 0.005, candidate: 0.005)
    let traffic = Traffic(
      requestsPerSecond: 500, secondsPerLook: Schedule.secondsPerLook,
      metrics: Array(repeating: metric, count: metrics))
    var stream = TrafficStream(traffic, seed: 1)
    return (0..<steps * Schedule.looksPerStep).map { _ in stream.next(weight: PerMille(500)) }
  }

  /// All looks of the fifth step but the first, which begins it.
  private static func look(_ profile: Ours.Profile, _ looks: [[MetricLook]]) -> Cost {
    let done = (steps - 1) * Schedule.looksPerStep + 1
    var ours = Ours(profile, metrics: metrics)
    for look in looks.prefix(done) { _ = ours.rollsBack(after: look) }
    return Cost(of: Schedule.looksPerStep - 2, from: (ours, rollbacks: 0)) { state, index in
      if state.0.rollsBack(after: looks[done + index]) { state.rollbacks += 1 }
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
