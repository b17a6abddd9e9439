import Analysis
import Foundation
import Peers
import Simulation
import Testing

/// The rivals' rules stop where independent implementations of them stop.
@Suite struct PeersTests {
  struct Rollouts: Decodable {
    struct Rollout: Decodable {
      let name: String
      let candidate, stable: [Int]
      let errors, slow: [[Int]]
      let stops: [String: Int]

      func look(_ index: Int) throws -> [MetricLook] {
        try [errors, slow].map { bad in
          MetricLook(
            candidate: try #require(Trials(bad: bad[0][index], total: candidate[index])),
            stable: try #require(Trials(bad: bad[1][index], total: stable[index])))
        }
      }
    }
    let allowed: Double
    let rollouts: [Rollout]
  }

  struct Multinomial: Decodable {
    let counts: [Int]
    let shares: [Double]
    let concentration: Double
    let logE: Double
  }

  @Test func rulesStopWhereTheyShould() throws {
    let vectors = try read(Rollouts.self, "rollouts")
    let rules: [String: any Rule] = [
      "flagger": Flagger(threshold: 5, allowed: vectors.allowed, looksPerCheck: 12),
      "argo": ArgoRollouts(
        failureLimit: 3, allowed: vectors.allowed, looksPerMeasurement: 12, template: .oneMetric),
      "kayenta": Kayenta(looksPerPoint: 12, pointsPerJudgement: 5),
    ]
    for rollout in vectors.rollouts {
      for (name, rule) in rules {
        #expect(try stop(of: rule, in: rollout) == rollout.stops[name], "\(name), \(rollout.name)")
      }
    }
  }

  /// With a metric for each objective the failures do not add up: a rollout is stopped later, or not
  /// at all.
  @Test func metricsOfTheirOwnCountFailuresOnTheirOwn() throws {
    let vectors = try read(Rollouts.self, "rollouts")
    let rule = ArgoRollouts(failureLimit: 3, allowed: vectors.allowed, looksPerMeasurement: 12)
    let stops = try vectors.rollouts.reduce(into: [String: Int]()) { stops, rollout in
      stops[rollout.name] = try stop(of: rule, in: rollout)
    }
    #expect(stops["sticky"] == -1 && stops["boundary"] == 119 && stops["all_fail"] == 47)
  }

  @Test func lindonMalek() throws {
    for vector in try read([Multinomial].self, "multinomial") {
      var atOnce = LindonMalek(shares: vector.shares, concentration: vector.concentration)
      atOnce.observe(vector.counts)
      #expect(abs(atOnce.logE - vector.logE) < 1e-9)
      var oneByOne = LindonMalek(shares: vector.shares, concentration: vector.concentration)
      for (arm, count) in vector.counts.enumerated() {
        for _ in 0..<count { oneByOne.observe(arm: arm) }
      }
      #expect(abs(oneByOne.logE - vector.logE) < 1e-7)
    }
  }

  /// A single look decides, and only with five bad requests.
  @Test(arguments: [(20, 5, true), (1, 5, false), (4, 0, false), (5, 0, true)])
  func zTest(candidate: Int, stable: Int, isStopped: Bool) throws {
    let first = MetricLook(
      candidate: try #require(Trials(bad: candidate, total: 1000)),
      stable: try #require(Trials(bad: stable, total: 10_000)))
    var rule = PeekingZTest()
    let second = MetricLook(candidate: .none, stable: .none)
    #expect(rule.rollsBack(after: [first, second]) == isStopped)
  }

  /// What the judge makes of degenerate data: identical, constant and empty arms.
  @Test(
    arguments: [
      ([], [], false), ([0.1, 0.2], [0.2, 0.1], false), ([0.2, 0.2], [0.1, 0.1], true),
      ([0.1, 0.1], [0.2, 0.2], false), ([0, 0, 0], [0, 0, 0], false),
    ] as [([Double], [Double], Bool)])
  func kayentaOnDegenerateData(candidate: [Double], stable: [Double], isHigh: Bool) {
    #expect(Kayenta.Points(candidate: candidate, stable: stable).isHigh() == isHigh)
  }

  /// The look, from 0, at which the rule stops the rollout; −1 for none.
  private func stop(of rule: any Rule, in rollout: Rollouts.Rollout) throws -> Int {
    var rule = rule
    for index in rollout.candidate.indices where rule.rollsBack(after: try rollout.look(index)) {
      return index
    }
    return -1
  }

  private func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "vectors/\(name).json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}
