import Analysis
import Testing

/// The engine against vectors that an independent implementation computed.
@Suite struct VectorTests {
  struct Interval: Decodable {
    struct Case: Decodable {
      let p0: Double
      let looks: [[Int]]
      let relative: [Double]
      let absolute: [Double]
    }
    let cases: [String: Case]
  }

  struct Rollouts: Decodable {
    struct Rollout: Decodable {
      let name: String
      let nc, ns, err_c, err_s, lat_c, lat_s: [Int]
      let logE: [Double]
      let stop: Int
    }
    let p0: Double
    let stepLooks: Int
    let rollouts: [Rollout]
  }

  struct Functions: Decodable { let log, log1p, exp: [[Double]] }

  /// One bet per look, look by look.
  ///
  /// The vectors have neither step starts nor the shared-incident guard, so the bets are made here
  /// with the ratios of the document's table.
  @Test func intervalBets() throws {
    for (name, vector) in try readVectors(Interval.self, "interval").cases {
      var relative = IntervalBet()
      var absolute = IntervalBet()
      for (index, look) in vector.looks.enumerated() {
        let (candidate, stable, bad, all) = (look[0], look[1], look[2], look[2] + look[3])
        let odds = Double(candidate) / Double(stable) * 1.25
        if all > 0, candidate > 0, stable > 0 {
          relative.bet(on: Double(bad) / Double(all) / (odds / (1 + odds)))
        }
        if candidate > 0 { absolute.bet(on: Double(bad) / Double(candidate) / vector.p0) }
        #expect(isClose(relative.logE, vector.relative[index]), "\(name), look \(index), relative")
        #expect(isClose(absolute.logE, vector.absolute[index]), "\(name), look \(index), absolute")
      }
    }
  }

  /// Whole rollouts: four steps, two objectives, guard and step starts, and the look that stops them.
  @Test func rollouts() throws {
    let vectors = try readVectors(Rollouts.self, "rollouts")
    for rollout in vectors.rollouts {
      var tests = [ObjectiveTest(), ObjectiveTest()]
      var stop = -1
      for look in rollout.nc.indices {
        if look % vectors.stepLooks == 0 { for index in 0..<2 { tests[index].beginStep() } }
        for (index, bad) in [(rollout.err_c, rollout.err_s), (rollout.lat_c, rollout.lat_s)]
          .enumerated()
        {
          tests[index].look(
            candidate: try #require(Trials(bad: bad.0[look], total: rollout.nc[look])),
            stable: try #require(Trials(bad: bad.1[look], total: rollout.ns[look])),
            allowed: vectors.p0)
        }
        let logE = logMeanE(tests.map(\.logE))
        #expect(isClose(logE, rollout.logE[look]), "\(rollout.name), look \(look)")
        if stop < 0, logE >= 4.605170185988092 { stop = look }
      }
      #expect(stop == rollout.stop, "\(rollout.name)")
    }
  }

  /// Within 2 units in the last place of values computed with 200 bits.
  @Test func elementaryFunctions() throws {
    let vectors = try readVectors(Functions.self, "functions")
    for (name, function, pairs) in [
      ("log", Analysis.log, vectors.log), ("log1p", Analysis.log1p, vectors.log1p),
      ("exp", Analysis.exp, vectors.exp),
    ] as [(String, (Double) -> Double, [[Double]])] {
      for pair in pairs {
        let value = function(pair[0])
        #expect(abs(value - pair[1]) <= 2 * pair[1].ulp, "\(name)(\(pair[0])) = \(value)")
      }
    }
  }

  @Test(
    arguments: [
      (0.0, -Double.infinity), (1, 0), (.infinity, .infinity),
      (.leastNonzeroMagnitude, -744.4400719213812),
    ] as [(Double, Double)])
  func logarithmAtTheEdges(x: Double, expected: Double) { #expect(Analysis.log(x) == expected) }

  @Test(
    arguments: [
      (-800.0, 0.0), (800, .infinity), (0, 1), (-.infinity, 0),
      (-744, 2 * Double.leastNonzeroMagnitude),
    ] as [(Double, Double)])
  func exponentialAtTheEdges(x: Double, expected: Double) { #expect(Analysis.exp(x) == expected) }
}
