import Foundation
import Testing

@testable import Analysis

/// While nothing moves beyond the tolerance, no evidence of drift has an expectation above 1.
///
/// Method: enumerate every outcome of small looks, weighted by its probability.
@Suite struct DriftGuaranteeTests {
  /// Nothing moved; 1.25 times the odds of the first bin and 1/1.25 those of the second; the reverse.
  static let moved: [[Double]] = [
    [0.5, 0.3], [5 / 9, 12.0 / 47], [4 / 9, 15.0 / 43],
  ]

  private static let still = [0.5, 0.3, 0.2]

  @Test(arguments: GuaranteeTests.dependences, moved)
  func againstAProfile(dependence: Dependence, shares: [Double]) throws {
    let reference = DriftReference.profile(
      try #require(BinProfile(counts([500_000_000, 300_000_000, 200_000_000]))))
    let shares = [shares[0], shares[1], 1 - shares[0] - shares[1]]
    let outcomes = try multinomial(3, shares).map {
      (BinArms(candidate: $0.counts), $0.probability)
    }
    expectFair(outcomes, reference, dependence)
  }

  /// The arms differ in size, and the candidate by as much as is tolerated.
  @Test(arguments: GuaranteeTests.dependences, moved)
  func againstStable(dependence: Dependence, shares: [Double]) throws {
    let shares = [shares[0], shares[1], 1 - shares[0] - shares[1]]
    // With a baseline only equals are compared.
    let isDuel = dependence == .matched
    let candidate = try multinomial(isDuel ? 2 : 1, isDuel ? Self.still : shares)
    let outcomes = try multinomial(isDuel ? 2 : 3, Self.still).flatMap { stable in
      candidate.map {
        (
          BinArms(candidate: $0.counts, stable: stable.counts),
          $0.probability * stable.probability
        )
      }
    }
    expectFair(outcomes, .stable, dependence)
  }

  /// Three users, each with two requests that are alike and go to the same arm.
  @Test(arguments: [Dependence.interval, .robust, .clustered(2)])
  func alikeRequests(dependence: Dependence) throws {
    var probabilities: [[[Int]]: Double] = [:]
    for code in 0..<216 {
      var (bins, probability) = ([[0, 0, 0], [0, 0, 0]], 1.0)
      for user in [code % 6, code / 6 % 6, code / 36] {
        bins[user / 3][user % 3] += 2
        probability *= (user < 3 ? 0.3 : 0.7) * Self.still[user % 3]
      }
      probabilities[bins, default: 0] += probability
    }
    let outcomes = try probabilities.map { bins, probability in
      (BinArms(candidate: try counts(bins[0]), stable: try counts(bins[1])), probability)
    }
    expectFair(outcomes, .stable, dependence)
  }

  /// Two looks, each in a step of its own, the second one spread; then the detector, whose expectation
  /// after so many looks is at most their number.
  private func expectFair(
    _ outcomes: [(arms: BinArms, probability: Double)], _ reference: DriftReference,
    _ dependence: Dependence
  ) {
    let settings = ObjectiveTest.Settings(
      dependence: dependence, tolerance: 250_000, look: 30_000)
    var (mean, detectors) = (0.0, 0.0)
    for first in outcomes {
      for second in outcomes {
        var tests = FeatureTests<DriftTest>(settings, bins: [3])
        var detector = DriftDetector(settings, bins: 3)
        for (index, look) in [first, second].enumerated() {
          tests.beginStep([reference], spreadOver: index * 60_000)
          tests.look([look.arms], against: [reference])
          detector.look(look.arms, against: reference)
        }
        let probability = first.probability * second.probability
        mean += probability * Analysis.exp(tests.logE)
        detectors += probability * Analysis.exp(detector.logE)
      }
    }
    #expect(mean <= 1 + 1e-8)
    #expect(detectors <= 2 + 1e-8)
  }

  /// One sum for all starts is what the starts are together.
  @Test func capitalIsSplitAsByStarts() {
    let strategy = BettingStrategy.fractions
    var starts = StepStarts()
    var (martingales, capital) = (
      TestMartingales(count: strategy.count, logWealth: -.infinity), Capital()
    )
    for look in 0..<60 {
      if look % 20 == 0 {
        starts.begin(martingales: strategy.count, spreadOver: look / 2)
        capital.begin(spreadOver: look / 2)
      }
      let increments = strategy.increments(of: Bet(hits: look * look % 7, trials: 6, share: 0.4))
      starts.advance(by: increments)
      martingales.advance(by: increments, investing: Analysis.log(capital.invest()))
      #expect(isClose(logSum(martingales.logE, Analysis.log(capital.cash)), starts.logE))
    }
  }

  /// Scores of two requests, compared with the promise and with those of two others; the candidate's
  /// are as large, or as much larger as is tolerated.
  @Test(
    arguments: [Dependence.independent, .interval, .clustered(2)], [1.0, 1.25])
  func scores(dependence: Dependence, factor: Double) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let scores = [0, 100_000, 400_000, 800_000]
    // The mean of the scores, and of the candidate's.
    let limit = ObjectiveTest.Limit(allowed: 0.325 * factor)
    var (evidence, proof) = (0.0, 0.0)
    for code in 0..<256 {
      let drawn = [code % 4, code / 4 % 4, code / 16 % 4, code / 64].map { Double(scores[$0]) }
      var test = ObjectiveTest(settings, requestsWorth: Trials.perScore)
      test.beginStep(limit)
      let arms = Arms(
        candidate: try #require(Trials(scores: Int((drawn[0] + drawn[1]) * factor), count: 2)),
        stable: try #require(Trials(scores: Int(drawn[2] + drawn[3]), count: 2)))
      test.look(arms, possible: arms.candidate, limit: limit)
      evidence += Analysis.exp(test.logE) / 256
      proof += Analysis.exp(test.logProof) / 256
    }
    #expect(evidence <= 1 + 1e-12)
    #expect(proof <= 1 + 1e-12)
  }

  private struct Outcome {
    let counts: BinCounts
    let probability: Double
  }

  private func multinomial(_ size: Int, _ shares: [Double]) throws -> [Outcome] {
    try (0...size).flatMap { first in
      try (0...(size - first)).map { second in
        let drawn = [first, second, size - first - second]
        let ways = [1, 1, 2, 6]
        let orders = Double(ways[size]) / drawn.reduce(1.0) { $0 * Double(ways[$1]) }
        let probability = zip(drawn, shares).reduce(orders) { $0 * pow($1.1, Double($1.0)) }
        return Outcome(counts: try counts(drawn), probability: probability)
      }
    }
  }
}
