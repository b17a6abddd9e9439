import Analysis
import Rollouts
import Simulation
import Testing

/// Synthetic traffic has the rates, shares and dependence that it was asked for.
@Suite struct SyntheticTrafficTests {
  static let looks = 20_000
  static let patterns: [Traffic.Pattern] = [
    .independent, .sharedIncidents, .clusters(meanSize: 8), .pods(variation: 1),
  ]

  /// One seed, one traffic; another seed, another one.
  @Test(arguments: patterns)
  func seedDecides(pattern: Traffic.Pattern) {
    let traffic = Self.traffic(pattern)
    let first = Self.draw(traffic, seed: 7, looks: 50)
    #expect(Self.draw(traffic, seed: 7, looks: 50) == first)
    #expect(Self.draw(traffic, seed: 8, looks: 50) != first)
  }

  /// Shares of the traffic, and of the bad requests in each arm.
  ///
  /// An incident begins in one look of 120 and lasts six, so that the stable share is multiplied by
  /// 0.7 + 9.3 (1 − (119/120)^6) on average; the other patterns leave the mean alone.
  @Test(arguments: zip(patterns, [1, 1.155, 1, 1]))
  func sharesAreAsAsked(pattern: Traffic.Pattern, factor: Double) {
    let looks = Self.draw(Self.traffic(pattern), seed: 1, looks: Self.looks).map { $0[0] }
    let candidate = Self.sum(looks.map(\.candidate))
    let stable = Self.sum(looks.map(\.stable))
    let all = Double(candidate.total + stable.total)
    #expect(abs(all / Double(Self.looks) / 250 - 1) < 0.002)
    #expect(abs(Double(candidate.total) / all - 0.25) < 0.001)
    #expect(abs(Self.share(candidate) / (0.03 * factor) - 1) < 0.05, "\(Self.share(candidate))")
    #expect(abs(Self.share(stable) / (0.01 * factor) - 1) < 0.05, "\(Self.share(stable))")
  }

  /// Until its onset, a regression does not show.
  @Test func onset() {
    var traffic = Self.traffic(.independent)
    traffic.onset = Self.looks / 2
    let looks = Self.draw(traffic, seed: 2, looks: Self.looks).map(\.[0].candidate)
    #expect(abs(Self.share(Self.sum(looks.prefix(traffic.onset))) - 0.01) < 0.0005)
    #expect(abs(Self.share(Self.sum(looks.dropFirst(traffic.onset))) - 0.03) < 0.001)
  }

  /// Variance over mean of the bad requests: 1 for independent ones; the mean square of a cluster's
  /// size over its mean, (56 + 64)/8, for clusters.
  @Test(
    arguments: [
      (Traffic.Pattern.independent, 1.0), (.clusters(meanSize: 8), 15),
    ])
  func dispersion(pattern: Traffic.Pattern, expected: Double) {
    let looks = Self.draw(Self.traffic(pattern), seed: 3, looks: Self.looks)
    let bad = looks.map { Double($0[0].stable.bad) }
    let mean = bad.reduce(0, +) / Double(bad.count)
    let variance = bad.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(bad.count)
    #expect(abs(variance / mean / expected - 1) < 0.1, "\(variance / mean)")
  }

  /// An incident is in both arms at once, and never shorter than half a minute.
  @Test func incidentsAreShared() {
    let traffic = Traffic(
      requestsPerSecond: 2000, metrics: [Traffic.Metric(stable: 0.05, candidate: 0.05)],
      pattern: .sharedIncidents)
    let looks = Self.draw(traffic, seed: 4, looks: 2000).map { $0[0] }
    #expect(looks.allSatisfy { (Self.share($0.candidate) > 0.2) == (Self.share($0.stable) > 0.2) })
    let text = String(looks.map { Self.share($0.stable) > 0.2 ? "#" : " " })
    let lengths = text.split(separator: " ").map(\.count)
    #expect(lengths.count > 10 && lengths.allSatisfy { $0 >= 6 }, "\(lengths)")
  }

  /// Five pods of the candidate share a minute's luck: it changes with the minute and not within, and
  /// its variance is that of a mean of five.
  @Test func podsHaveTheirMinutes() {
    let traffic = Traffic(
      requestsPerSecond: 20_000, metrics: [Traffic.Metric(stable: 0.05, candidate: 0.05)],
      pattern: .pods(variation: 0.5))
    let shares = Self.draw(traffic, seed: 5, looks: 12_000).map { Self.share($0[0].candidate) }
    let minutes = stride(from: 0, to: shares.count, by: 12).map { shares[$0..<$0 + 12] }
    #expect(minutes.allSatisfy { ($0.max() ?? 1) - ($0.min() ?? 0) < 0.015 })
    let factors = minutes.map { $0.reduce(0, +) / 12 / 0.05 }
    let variance = factors.map { ($0 - 1) * ($0 - 1) }.reduce(0, +) / Double(factors.count)
    #expect(abs(variance / 0.05 - 1) < 0.2, "\(variance)")
  }

  /// The baseline has the candidate's traffic and stable's faults.
  @Test func baseline() throws {
    var traffic = Self.traffic(.independent)
    traffic.hasBaseline = true
    let looks = Self.draw(traffic, seed: 6, looks: Self.looks).map { $0[0] }
    let baseline = Self.sum(try looks.map { try #require($0.baseline) })
    let candidate = Self.sum(looks.map(\.candidate))
    #expect(abs(Double(baseline.total) / Double(candidate.total) - 1) < 0.005)
    #expect(abs(Self.share(baseline) - 0.01) < 0.0005)
  }

  /// Whoever does not know the baseline sees it as a part of stable.
  @Test func baselineIsStable() throws {
    var traffic = Self.traffic(.independent)
    traffic.hasBaseline = true
    for look in Self.draw(traffic, seed: 6, looks: 10).flatMap({ $0 }) {
      let (arms, baseline) = (look.withoutBaseline, try #require(look.baseline))
      #expect(arms.candidate == look.candidate)
      #expect(arms.stable.total == look.stable.total + baseline.total)
      #expect(arms.stable.bad == look.stable.bad + baseline.bad)
    }
  }

  /// With all traffic at the candidate there is nothing left to compare with.
  @Test func everythingAtTheCandidate() {
    var traffic = Self.traffic(.independent)
    traffic.hasBaseline = true
    var stream = TrafficStream(traffic, seed: 1)
    let arms = stream.next(weight: .all)[0]
    #expect(arms.stable == .none && arms.baseline == nil)
    // 50 requests a second for five seconds, to four standard deviations.
    #expect(abs(Double(arms.candidate.total) - 250) < 4 * 250.squareRoot())
  }

  private static func traffic(_ pattern: Traffic.Pattern) -> Traffic {
    let metric = Traffic.Metric(stable: 0.01, candidate: 0.03)
    return Traffic(requestsPerSecond: 50, metrics: [metric, metric], pattern: pattern)
  }

  private static func draw(_ traffic: Traffic, seed: UInt64, looks: Int) -> [[MetricLook]] {
    var stream = TrafficStream(traffic, seed: seed)
    return (0..<looks).map { _ in stream.next(weight: PerMille(250)) }
  }

  private static func sum(_ trials: some Sequence<Trials>) -> (bad: Int, total: Int) {
    trials.reduce((0, 0)) { ($0.0 + $1.bad, $0.1 + $1.total) }
  }

  private static func share(_ sum: (bad: Int, total: Int)) -> Double {
    Double(sum.bad) / Double(sum.total)
  }

  private static func share(_ trials: Trials) -> Double {
    trials.total == 0 ? 0 : Double(trials.bad) / Double(trials.total)
  }
}
