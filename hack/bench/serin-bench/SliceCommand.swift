import Analysis
import ArgumentParser
import Randomness
import Rollouts
import Simulation

/// How often one bad tenant is found, and how often one is named where all are healthy.
struct SliceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slices",
    abstract: "Measure what slices of the requests find, and after how long.",
    discussion: """
      Prints a table in Markdown: twenty tenants with 2.5 requests a second each, of which one in two hundred \
      fails with the old model, and a canary of 5%, 25% and 50%, ten minutes each, with a promise of 1%. With the new \
      model one tenant's requests fail so many times as often. The same requests stand before Serin with slices, \
      before Serin without them, and before a test of two proportions at 5% that is made anew for each \
      tenant at each look. One seed: the same figures come out each time.
      """)

  @Option(help: "How many rollouts each row rests on.") var runs = 2000

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async {
    var table = MarkdownTable(
      title: "Rolled back within an hour, of \(runs) rollouts",
      columns: [
        "one tenant fails, times as often", "of all requests", "with slices", "the right tenant",
        "median minutes", "without slices", "peeking per tenant", "the right tenant first",
      ])
    for factor in [1.0, 2, 5, 10, 20, 50] {
      let found = await concurrently(runs) { SliceFindings(factor: factor, seed: UInt64($0 + 1)) }
      table.add([short(factor), percent(Tenants.share * (19 + factor) / 20)] + cells(found))
      Progress.report(short(factor))
    }
    print(table.text)
  }

  private func cells(_ found: [SliceFindings]) -> [String] {
    func share(_ isSo: (SliceFindings) -> Bool) -> String {
      percent(Double(found.count(where: isSo)) / Double(runs))
    }
    let minutes = found.compactMap(\.minutes).sorted()
    return [
      share { $0.minutes != nil }, share { $0.named == Tenants.bad },
      quantile(of: minutes, 0.5).map(whole) ?? "-", share(\.isFoundByAverage),
      share { $0.peeked != nil }, share { $0.peeked == Tenants.bad },
    ]
  }
}

/// What became of one rollout, by three rules.
private struct SliceFindings: Sendable {
  /// When Serin took it back, and the slice that it named.
  private(set) var minutes: Double?
  private(set) var named: String?
  let isFoundByAverage: Bool
  /// The tenant that a test at each look named first.
  let peeked: String?

  init(factor: Double, seed: UInt64) {
    var source = Tenants(factor: factor, seed: seed)
    var rollout = SimulatedRollout(
      Self.deployment(Slices(by: .header(name: "x-tenant"), worst: 20)))
    rollout.run(&source, for: .seconds(3600))
    if rollout.outcome == .rolledBack {
      minutes = Double(rollout.elapsed.components.seconds) / 60
      if case .sliceBroken(let breach)? = rollout.events.last?.decision.reason {
        named = breach.name
      }
    }
    var same = Tenants(factor: factor, seed: seed)
    var plain = SimulatedRollout(Self.deployment(nil))
    plain.run(&same, for: .seconds(3600))
    isFoundByAverage = plain.outcome == .rolledBack
    peeked = Self.peek(factor, seed)
  }

  /// Compares the shares of each tenant so far at each look, as if it were the only one.
  private static func peek(_ factor: Double, _ seed: UInt64) -> String? {
    var source = Tenants(factor: factor, seed: seed)
    var sums = Array(repeating: (candidate: Tally(), stable: Tally()), count: Tenants.names.count)
    for route in [50, 250, 500].map({ Route.split(weight: PerMille($0)) }) {
      for _ in 0..<120 {
        guard let look = source.next(route: route) else { return nil }
        for (index, name) in Tenants.names.enumerated() {
          sums[index].candidate.add(look.candidate.trials(of: name))
          sums[index].stable.add(look.stable.trials(of: name))
          if sums[index].candidate.deviation(from: sums[index].stable) > 1.96 { return name }
        }
      }
    }
    return nil
  }

  private static func deployment(_ slices: Slices?) -> Deployment {
    let model = Model(
      version: "2", uri: "file:///2", digest: nil, format: "sklearn", smoke: nil, retry: 0)
    let steps = [50, 250, 500].map {
      Step(
        route: .split(weight: PerMille($0)), atLeast: .seconds(600), atMost: .seconds(1200))
    }
    return Deployment(
      name: DeploymentName(namespace: "default", name: "iris"), runtime: "local",
      revision: Revision(id: Revision.ID("candidate"), model: model),
      strategy: Strategy(kind: .canary, steps: steps),
      objectives: [.errors(below: Ratio(perMillion: 10_000))],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 200,
        onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
      bake: .zero, prepareWithin: .seconds(600), suspended: false, slices: slices)
  }
}

/// The requests of twenty tenants.
private struct Tenants: CountSource {
  static let names = (1...20).map { "tenant-\($0)" }
  static let bad = "tenant-7"
  /// Of the requests that fail with the old model.
  static let share = 0.005
  /// Of one tenant, in five seconds.
  private static let requestsPerLook = 12.5

  private let factor: Double
  private var random: SplitMix64

  init(factor: Double, seed: UInt64) { (self.factor, random) = (factor, SplitMix64(seed: seed)) }

  mutating func next(route: Route) -> LookCounts? {
    let weight = Double(route.share.value) / 1000
    return LookCounts(
      candidate: counts(weight, factor), stable: counts(1 - weight, 1))
  }

  private mutating func counts(_ weight: Double, _ factor: Double) -> Counts {
    var (requests, errors, integers) = (0, 0, [0, 0, 0])
    for name in Self.names {
      let own = random.poisson(mean: Self.requestsPerLook * weight)
      let share = Self.share * (name == Self.bad ? factor : 1)
      let bad = random.binomial(trials: own, share: min(1, share))
      (requests, errors) = (requests + own, errors + bad)
      integers += [own, bad, own]
    }
    let slices = SlicedCounts.Shape(names: Self.names, edges: []).flatMap {
      SlicedCounts(shape: $0, integers: integers)
    }
    return Counts(
      requests: requests, errors: errors, latency: Histogram(edges: [], counts: [requests]),
      samples: SampleCounts(requests: requests, slices: slices, features: [], outputs: []))
  }
}

extension Counts {
  fileprivate func trials(of tenant: String) -> Trials {
    let counts = samples?.slices?.counts(of: tenant) ?? .none
    return Trials(bad: counts.errors, total: counts.requests) ?? .none
  }
}

extension Tally {
  /// How many standard deviations of the difference this share is above the other; 0 for few requests.
  fileprivate func deviation(from other: Tally) -> Double {
    guard total >= 30, other.total >= 30 else { return 0 }
    let all = Double(bad + other.bad) / Double(total + other.total)
    let variance = all * (1 - all) * (1 / Double(total) + 1 / Double(other.total))
    let difference = Double(bad) / Double(total) - Double(other.bad) / Double(other.total)
    return variance > 0 ? difference / variance.squareRoot() : 0
  }
}
