import Foundation
import Testing

@testable import Analysis

/// The heart of the guarantee: for a healthy candidate no evidence has an expectation above 1.
///
/// Method: enumerate every outcome, weighted by its probability. No simulation, no noise.
@Suite struct GuaranteeTests {
  static let dependences: [Dependence] = [
    .independent, .interval, .robust, .clustered(3), .matched,
  ]

  /// Three looks of four requests each, exactly at the promise.
  @Test(
    arguments: [BettingStrategy.fractions, .odds(cluster: 1), .inverseOdds(cluster: 1)],
    [0.01, 0.1, 0.5])
  func atThePromise(strategy: BettingStrategy, allowed: Double) {
    let outcomes = binomial(4, allowed)
    var expectation = 0.0
    for first in outcomes {
      for second in outcomes {
        for third in outcomes {
          var martingales = TestMartingales(count: strategy.count)
          for look in [first, second, third] {
            martingales.advance(
              by: strategy.increments(of: Bet(hits: look.count, trials: 4, share: allowed)))
          }
          let probability = first.probability * second.probability * third.probability
          expectation += probability * Analysis.exp(martingales.logE)
        }
      }
    }
    #expect(abs(expectation - 1) < 1e-12)
  }

  /// Given all bad requests, the candidate's follow Fisher's noncentral hypergeometric distribution;
  /// at the tolerated odds ratio no bet of any strategy is expected to win, whatever the sizes of the arms.
  @Test(arguments: [BettingStrategy.fractions, .odds(cluster: 1)], [1.0, 1.25, 2, 4])
  func comparedInBatches(strategy: BettingStrategy, oddsRatio: Double) throws {
    for (candidate, stable) in [(1, 1), (1, 9), (2, 18), (5, 5), (5, 45), (20, 20), (30, 10)] {
      for bad in 1...(candidate + stable) {
        let outcomes = noncentralHypergeometric(bad, candidate, stable, oddsRatio)
        for index in 0..<strategy.count {
          var expectation = 0.0
          for outcome in outcomes {
            let arms = try arms([candidate, stable, outcome.count, bad - outcome.count])
            let bet = try #require(Bet.comparison(arms, oddsRatio: oddsRatio))
            expectation +=
              outcome.probability * Analysis.exp(strategy.increments(of: bet)[index])
          }
          #expect(expectation <= 1 + 1e-11, "\(candidate), \(stable), \(bad), bet \(index)")
        }
      }
    }
  }

  /// A cluster of up to eight requests fails or not as one.
  @Test(arguments: 1...8) func clustersUpToTheirSize(size: Int) {
    for share in [0.01, 0.1, 0.5] {
      let strategy = BettingStrategy.odds(cluster: 8)
      let fails = strategy.increments(of: Bet(hits: size, trials: size, share: share))
      let works = strategy.increments(of: Bet(hits: 0, trials: size, share: share))
      for index in 0..<strategy.count {
        let expectation =
          share * Analysis.exp(fails[index]) + (1 - share) * Analysis.exp(works[index])
        #expect(expectation <= 1 + 1e-12)
      }
    }
  }

  /// Starts at two steps, the second one spread over its looks, as in a bake.
  @Test func startsAreFair() {
    let outcomes = binomial(3, 0.2)
    var expectation = 0.0
    for code in 0..<256 {
      let looks = [code % 4, code / 4 % 4, code / 16 % 4, code / 64].map { outcomes[$0] }
      var starts = StepStarts()
      for (index, look) in looks.enumerated() {
        if index == 0 { starts.begin(martingales: 24, spreadOver: 0) }
        if index == 2 { starts.begin(martingales: 24, spreadOver: 5) }
        starts.advance(
          by: BettingStrategy.odds(cluster: 1).increments(
            of: Bet(hits: look.count, trials: 3, share: 0.2)))
      }
      expectation += looks.reduce(1) { $0 * $1.probability } * Analysis.exp(starts.logE)
    }
    #expect(abs(expectation - 1) < 1e-12)
  }

  /// The whole test of an objective, with guard and floor: two looks of both arms, the candidate no
  /// worse than its promise and no worse than stable.
  @Test(arguments: dependences, [(0.2, 0.2), (0.2, 0.1), (0.1, 0.1)] as [(Double, Double)])
  func wholeTests(dependence: Dependence, shares: (stable: Double, candidate: Double)) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let limit = ObjectiveTest.Limit(allowed: 0.2, floor: 0.05)
    let outcomes = binomial(3, shares.candidate).flatMap { candidate in
      binomial(3, shares.stable).map { (candidate, $0, candidate.probability * $0.probability) }
    }
    var expectation = 0.0
    for first in outcomes {
      for second in outcomes {
        var test = ObjectiveTest(settings, hasFloor: true)
        for look in [first, second] {
          test.beginStep(limit)
          let arms = try arms([3, 3, look.0.count, look.1.count])
          test.look(arms, possible: arms.candidate, limit: limit)
        }
        expectation += first.2 * second.2 * Analysis.exp(test.logE)
      }
    }
    #expect(expectation <= 1 + 1e-12)
  }

  /// A candidate that breaks its promise is not proven to keep it.
  @Test(arguments: [0.2, 0.25, 0.5]) func proofs(share: Double) {
    let outcomes = binomial(4, share)
    let limit = ObjectiveTest.Limit(allowed: 0.2)
    var expectation = 0.0
    for first in outcomes {
      for second in outcomes {
        var proof = Proof(.interval)
        for look in [first, second] {
          guard let trials = Trials(bad: look.count, total: 4) else { continue }
          proof.look(trials, limit)
        }
        expectation += first.probability * second.probability * Analysis.exp(proof.logE)
      }
    }
    #expect(expectation <= 1 + 1e-12)
  }

  @Test(arguments: [0.05, 0.5]) func requestsSplitAsAsked(share: Double) {
    let expectation = binomial(12, share).reduce(0.0) { sum, outcome in
      var check = SplitCheck()
      check.look(candidate: outcome.count, of: 12, share: share)
      return sum + outcome.probability * Analysis.exp(check.logE)
    }
    #expect(abs(expectation - 1) < 1e-12)
  }

  struct Outcome {
    let count: Int
    let probability: Double
  }

  private func binomial(_ size: Int, _ share: Double) -> [Outcome] {
    (0...size).map { count in
      let ways = exp(lgammaOf(size) - lgammaOf(count) - lgammaOf(size - count))
      let probability = pow(share, Double(count)) * pow(1 - share, Double(size - count))
      return Outcome(count: count, probability: ways * probability)
    }
  }

  private func noncentralHypergeometric(
    _ bad: Int, _ candidate: Int, _ stable: Int, _ oddsRatio: Double
  ) -> [Outcome] {
    let weights = (max(0, bad - stable)...min(bad, candidate)).map { count in
      let ways =
        lgammaOf(candidate) - lgammaOf(count) - lgammaOf(candidate - count) + lgammaOf(stable)
        - lgammaOf(bad - count) - lgammaOf(stable - bad + count)
      return Outcome(count: count, probability: exp(ways) * pow(oddsRatio, Double(count)))
    }
    let total = weights.reduce(0) { $0 + $1.probability }
    return weights.map { Outcome(count: $0.count, probability: $0.probability / total) }
  }

  /// The logarithm of a factorial.
  private func lgammaOf(_ number: Int) -> Double { lgamma(Double(number) + 1) }

  private func exp(_ x: Double) -> Double { Foundation.exp(x) }
}
