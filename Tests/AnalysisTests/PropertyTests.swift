import Foundation
import Testing

@testable import Analysis

@Suite struct PropertyTests {
  private let limit = ObjectiveTest.Limit(allowed: 0.01)

  /// Twelve requests a look, all failing: 5 % of 50 requests per second, looked at every 5 seconds.
  @Test(
    arguments: [
      (.independent, 2), (.interval, 3), (.robust, 6), (.clustered(8), 4), (.matched, 14),
    ] as [(Dependence, Int)])
  func allFailingIsCertainWithin(dependence: Dependence, looks: Int) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    var failing = ObjectiveTest(settings)
    var healthy = ObjectiveTest(settings)
    for index in [0, 1] {
      if index == 0 { failing.beginStep(limit) } else { healthy.beginStep(limit) }
    }
    var count = 0
    while mean(of: [failing, healthy]) < -Analysis.log(0.01), count < 100 {
      let bad = try arms([12, 238, 12, 0])
      failing.look(bad, possible: bad.candidate, limit: limit)
      let good = try arms([12, 238, 0, 0])
      healthy.look(good, possible: good.candidate, limit: limit)
      count += 1
    }
    #expect(count <= looks)
  }

  /// The quick bound holds whatever comes: most verdicts rest on it.
  @Test(arguments: [.independent, .interval, .robust, .clustered(8), .matched] as [Dependence])
  func nothingIsAboveTheBound(dependence: Dependence) throws {
    for spread in [0, 60_000] {
      var test = ObjectiveTest(.init(dependence: dependence, tolerance: 250_000, look: 5000))
      for look in 0..<300 {
        if look % 60 == 0 { test.beginStep(limit, spreadOver: spread) }
        let arms = try arms([12, 238, look % 90 < 12 ? look * look % 13 : 0, look % 7 % 2])
        test.look(arms, possible: arms.candidate, limit: limit)
        #expect(test.logE <= test.logBound, "\(dependence), look \(look)")
        #expect(test.isProven(at: 3) == (test.logProof >= 3), "\(dependence), look \(look)")
      }
    }
  }

  /// Better than a tenth of the promise is proven with about 400 requests, worse than the promise never.
  @Test func proofNeedsRequestsNotTime() throws {
    var good = Proof(.interval)
    var bad = Proof(.interval)
    for _ in 0..<10 {
      good.look(try #require(Trials(bad: 0, total: 50)), limit)
      bad.look(try #require(Trials(bad: 1, total: 50)), limit)
    }
    #expect(good.logE > Analysis.log(20))
    #expect(bad.logE < 0)
  }

  /// Twice as bad as stable, but both far below what matters.
  @Test func belowTheFloorNothingIsWorse() throws {
    let floored = ObjectiveTest.Limit(allowed: 0.01, floor: 0.001)
    var without = ObjectiveTest()
    var with = ObjectiveTest(hasFloor: true)
    without.beginStep(limit)
    with.beginStep(floored)
    for _ in 0..<400 {
      let arms = try arms([10_000, 10_000, 3, 1])
      without.look(arms, possible: arms.candidate, limit: limit)
      with.look(arms, possible: arms.candidate, limit: floored)
    }
    #expect(without.logE > Analysis.log(100))
    #expect(with.logE < 0)
  }

  /// A regression in the middle of a long bake is seen, although all went well for half of it.
  @Test func aSpreadStartSeesALateRegression() throws {
    func looksUntilSeen(spread: Int) throws -> Int {
      var test = ObjectiveTest()
      test.beginStep(limit, spreadOver: spread)
      for _ in 0..<180 {
        let arms = try arms([100, 0, 0, 0])
        test.look(arms, possible: arms.candidate, limit: limit)
      }
      var looks = 0
      while test.logE < Analysis.log(100), looks < 200 {
        let arms = try arms([100, 0, 10, 0])
        test.look(arms, possible: arms.candidate, limit: limit)
        looks += 1
      }
      return looks
    }
    let spread = try looksUntilSeen(spread: 360 * 5000)
    #expect(spread <= 8)
    #expect(try looksUntilSeen(spread: 0) > 2 * spread)
  }

  /// Half the requests that were asked for.
  @Test func aWrongSplitIsSeen() {
    var right = SplitCheck()
    var wrong = SplitCheck()
    for _ in 0..<20 {
      right.look(candidate: 10, of: 100, share: 0.1)
      wrong.look(candidate: 5, of: 100, share: 0.1)
    }
    #expect(right.logE < 0)
    #expect(wrong.logE > Analysis.log(1000))
  }

  @Test func aDetectorForgetsTheGoodPast() throws {
    var detector = Detector(.interval)
    for _ in 0..<10_000 {
      detector.look(try #require(Trials(bad: 0, total: 100)), allowed: 0.01, length: 5000)
    }
    for _ in 0..<8 {
      detector.look(try #require(Trials(bad: 10, total: 100)), allowed: 0.01, length: 5000)
    }
    #expect(detector.logE > Analysis.log(10_000))
  }

  /// Ten times the bad odds: the interval covers it, and narrows.
  @Test func intervalsOfTheEffect() throws {
    let few = try #require(oddsRatioInterval(of: try arms([100, 900, 10, 9]), alpha: 0.05))
    let many = try #require(
      oddsRatioInterval(of: try arms([10_000, 90_000, 1000, 900]), alpha: 0.05))
    #expect(few.low < 10 && 10 < few.high)
    #expect(many.low < 10 && 10 < many.high && many.high < few.high)
    #expect(oddsRatioInterval(of: try arms([10, 10, 0, 0]), alpha: 0.05) == nil)
  }

  /// A test that is stored and read again goes on with the very same bits.
  @Test(arguments: GuaranteeTests.dependences)
  func stateRoundTrips(dependence: Dependence) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let limit = ObjectiveTest.Limit(allowed: 0.013, floor: 0.001)
    var test = ObjectiveTest(settings, hasFloor: true)
    for look in 0..<40 {
      if look % 10 == 0 { test.beginStep(limit, spreadOver: look == 30 ? 50_000 : 0) }
      let arms = try arms([7 + look, 90, look % 3, look % 5])
      test.look(arms, possible: arms.candidate, limit: limit)
      let stored = try JSONEncoder().encode(test)
      #expect(try JSONDecoder().decode(ObjectiveTest.self, from: stored) == test)
    }
  }

  /// Ledgers and checkpoints hold these words: a property may be renamed, they may not.
  @Test func stateIsSpelledAsEver() throws {
    let profile = try #require(BinProfile(counts([5, 5])))
    var drift = DriftTest(bins: 2)
    drift.beginStep(.profile(profile))
    var objective = ObjectiveTest()
    objective.beginStep(ObjectiveTest.Limit(allowed: 0.01))
    var words = try keys(objective).union(keys(Detector(.interval)))
    try words.formUnion(keys(drift).union(keys(DriftDetector(bins: 2))))
    #expect(
      words == [
        "arms", "bad", "bets", "block", "candidate", "capital", "comparison", "dependence",
        "invested", "lanes", "length", "look", "looks", "looksSince", "looksSinceChange", "lowest",
        "made", "players", "promise", "proof", "settings", "stable", "starts", "tolerance", "total",
        "trough",
      ])
  }

  private func keys(_ value: some Encodable) throws -> Set<String> {
    let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    return Set(text.matches(of: /"(\w+)":/).map { String($0.1) })
  }

  @Test(
    arguments: [#"["1"]"#, #"["a","1","1","1","1","1","1","1","1"]"#, #"{}"#, "[\"nan\"]"])
  func brokenStateIsRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(TestMartingales.self, from: Data(text.utf8))
    }
  }

  /// A state that somebody made up stops nobody: lanes beyond the tiers of its dependence do nothing.
  @Test func lanesWithoutATierAreIdle() throws {
    let encoded = try JSONEncoder().encode(Detector(.robust))
    var state = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    let lanes = try #require(state["lanes"] as? [Any])
    state["lanes"] = lanes + lanes
    let madeUp = try JSONSerialization.data(withJSONObject: state)
    var detector = try JSONDecoder().decode(Detector.self, from: madeUp)
    let failing = try #require(Trials(bad: 50, total: 50))
    for _ in 0..<20 { detector.look(failing, allowed: 0.01, length: 5000) }
    #expect(detector.logE > 0)
  }

  @Test(arguments: ["clustered", "clustered 0", "clustered x", "interval 3", "", "fast"])
  func brokenDependenceIsRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Dependence].self, from: Data("[\"\(text)\"]".utf8))
    }
  }

  @Test(arguments: [(-1, 5), (6, 5), (0, -1), (0, Int.max)])
  func countsThatCannotBeAreRefused(bad: Int, total: Int) {
    #expect(Trials(bad: bad, total: total) == nil)
  }

  /// The largest counts that are accepted, again and again: no trap, and every number finite.
  @Test(arguments: GuaranteeTests.dependences)
  func hugeCounts(dependence: Dependence) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    var test = ObjectiveTest(settings, hasFloor: true)
    let limit = ObjectiveTest.Limit(allowed: 0.01, floor: 0.001)
    let huge = 1 << 53
    for look in [
      [huge, huge, huge, 0], [huge, huge, 0, huge], [huge, 0, huge, 0], [0, huge, 0, 0],
    ] {
      test.beginStep(limit)
      for _ in 0..<7 {
        let arms = try arms(look)
        test.look(arms, possible: arms.candidate, limit: limit)
        #expect(test.logE.isFinite && test.logProof.isFinite)
        let interval = confidenceInterval(of: arms.candidate, alpha: 0.01)
        #expect(0 <= interval.low && interval.low <= interval.high && interval.high <= 1)
      }
    }
  }
}
