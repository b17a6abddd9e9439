import Foundation
import Testing

@testable import Analysis

/// The engine against vectors that an independent implementation computed.
@Suite struct VectorTests {
  private let vectors: Vectors.Sequential

  init() throws { vectors = try readVectors(Vectors.Sequential.self, "sequential") }

  /// Each strategy on one question, look by look.
  @Test(
    arguments: [
      ("rel_up", .odds(cluster: 1), true),
      ("rel_down", .inverseOdds(cluster: 1), true),
      ("rel_interval", .fractions, true),
      ("abs_up", .odds(cluster: 1), false),
      ("abs_down", .inverseOdds(cluster: 1), false),
      ("abs_interval", .fractions, false),
    ] as [(String, BettingStrategy, Bool)])
  func strategies(name: String, strategy: BettingStrategy, isComparison: Bool) throws {
    for (label, vector) in vectors.cases {
      var martingales = TestMartingales(count: strategy.count)
      for (look, value) in zip(vector.looks, vector.expect) {
        let arms = try arms(look)
        let bet =
          isComparison
          ? Bet.comparison(arms, oddsRatio: 1 + vector.tolerance)
          : Bet.promise(arms, limit: vector.p0)
        if let bet { martingales.advance(by: strategy.increments(of: bet)) }
        #expect(isClose(martingales.logE, value[name]), "\(label) \(name)")
      }
    }
  }

  /// A new start every ten looks.
  @Test func starts() throws {
    for (label, vector) in vectors.cases {
      var starts = StepStarts()
      for (index, (look, value)) in zip(vector.looks, vector.expect).enumerated() {
        if index % 10 == 0 { starts.begin(martingales: 24, spreadOver: 0) }
        if let bet = Bet.comparison(try arms(look), oddsRatio: 1 + vector.tolerance) {
          starts.advance(by: BettingStrategy.odds(cluster: 1).increments(of: bet))
        }
        #expect(isClose(starts.logE, value["rel_up_startmix10"]), "\(label), look \(index)")
      }
    }
  }

  @Test func clusters() throws {
    let strategy = BettingStrategy.odds(cluster: Int(vectors.clustered.phi))
    var martingales = TestMartingales(count: strategy.count)
    for (look, value) in zip(vectors.clustered.looks, vectors.clustered.expect_log_e) {
      if let bet = Bet.comparison(try arms(look), oddsRatio: 1) {
        martingales.advance(by: strategy.increments(of: bet))
      }
      #expect(isClose(martingales.logE, value))
    }
  }

  @Test func detectors() {
    for (vector, isForgiving) in [(vectors.edetector_cusum, true), (vectors.edetector_sr, false)] {
      var martingales = TestMartingales(count: 24, logWealth: isForgiving ? 0 : -.infinity)
      for (bad, value) in zip(vector.x, vector.log_m) {
        let increments = BettingStrategy.odds(cluster: 1).increments(
          of: Bet(hits: bad, trials: vector.n, share: vector.p0))
        if isForgiving {
          martingales.advanceForgettingLosses(by: increments)
        } else {
          martingales.advance(by: increments, investing: 0)
        }
        #expect(isClose(martingales.logE, value))
      }
    }
  }

  /// The bet on the mean of scores in [0, 1], which have six digits here.
  @Test func boundedMeans() throws {
    let vector = vectors.mean_bet
    let strategy = Dependence.interval.ofRequests(worth: Trials.perScore).tier(0).strategy
    var martingales = TestMartingales(count: strategy.count)
    for (score, value) in zip(vector.x, vector.log_e) {
      let sum = Int((score * Double(Trials.perScore)).rounded())
      let arms = Arms(candidate: try #require(Trials(scores: sum, count: 1)), stable: .none)
      martingales.advance(
        by: strategy.increments(of: try #require(Bet.promise(arms, limit: vector.m0))))
      #expect(isClose(martingales.logE, value))
    }
  }

  @Test func confidenceSequences() throws {
    for rate in vectors.bernoulli_cs_jeffreys {
      let trials = try #require(Trials(bad: rate.x, total: rate.n))
      let interval = confidenceInterval(of: trials, alpha: rate.alpha)
      #expect(isClose(interval.low, rate.lo), "\(rate)")
      #expect(isClose(interval.high, rate.hi), "\(rate)")
    }
    for (label, vector) in vectors.cases {
      var total = Trials.none
      for (look, value) in zip(vector.looks, vector.expect) {
        total = total + (try arms(look).candidate)
        let interval = confidenceInterval(of: total, alpha: 0.05)
        #expect(isClose(interval.low, value.rate_cs95[0]), "\(label)")
        #expect(isClose(interval.high, value.rate_cs95[1]), "\(label)")
      }
    }
  }

  @Test func effects() throws {
    for (label, vector) in vectors.cases {
      var sequence = OddsRatioSequence()
      for (look, value) in zip(vector.looks, vector.expect) {
        sequence.look(try arms(look))
        let interval = sequence.logInterval(alpha: 0.05)
        let expected = try value.logOR_cs95.map { try #require(Double($0)) }
        for (left, right) in [(interval.low, expected[0]), (interval.high, expected[1])] {
          #expect(left == right || isClose(left, right), "\(label): \(interval), \(expected)")
        }
      }
    }
  }

  @Test func discoveriesByEValues() {
    let vector = vectors.e_bh
    #expect(discoveries(among: vector.log_e, rate: vector.alpha) == vector.selected)
    #expect(discoveries(among: vector.log_e, rate: 0.2) == vector.selected_alpha_0_2)
    #expect(discoveries(among: [], rate: 0.05) == [])
    #expect(discoveries(among: [0, 0], rate: 0.05) == [])
  }

  @Test func sumsOfLogarithms() {
    for vector in vectors.logsumexp {
      var sum = LogSum()
      for term in vector.terms { sum.add(term) }
      #expect(isClose(sum.logarithm, vector.sum))
    }
    for pair in vectors.softplus {
      #expect(isClose(logSum(0, pair[0]), pair[1]), "\(pair)")
    }
  }

  /// Whole rollouts: four steps, two objectives, guard and step starts, and the look that stops them.
  @Test(
    arguments: [
      ("binomial", .independent), ("interval", .interval), ("robust", .robust),
    ] as [(String, Dependence)])
  func rollouts(name: String, dependence: Dependence) throws {
    let vectors = try readVectors(Vectors.Rollouts.self, "rollouts")
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let limit = ObjectiveTest.Limit(allowed: vectors.p0)
    for rollout in vectors.rollouts {
      var tests = [ObjectiveTest(settings), ObjectiveTest(settings)]
      var stop = -1
      for look in rollout.nc.indices {
        if look % vectors.stepLooks == 0 { for index in 0..<2 { tests[index].beginStep(limit) } }
        for (index, bad) in [(rollout.err_c, rollout.err_s), (rollout.lat_c, rollout.lat_s)]
          .enumerated()
        {
          let arms = try arms([rollout.nc[look], rollout.ns[look], bad.0[look], bad.1[look]])
          tests[index].look(arms, possible: arms.candidate, limit: limit)
        }
        let logE = mean(of: tests)
        let expected = rollout.logE[name]?[look] ?? .nan
        #expect(isClose(logE, expected), "\(rollout.name), look \(look)")
        if stop < 0, logE >= 4.605170185988092 { stop = look }
      }
      #expect(stop == rollout.stop[name], "\(rollout.name)")
    }
  }
}
