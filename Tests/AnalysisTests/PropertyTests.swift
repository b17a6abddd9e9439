import Analysis
import Foundation
import Testing

@Suite struct PropertyTests {
  /// The heart of the guarantee: for a candidate exactly at its promise, no bet has an expectation
  /// above 1.
  ///
  /// Method: enumerate every outcome of three looks of four requests each, weighted by its
  /// probability, and sum the wealth.
  @Test(arguments: [0.01, 0.1, 0.5])
  func expectedWealthOfAHealthyCandidateIsOne(allowed: Double) {
    let size = 4
    var expectation = 0.0
    for outcome in 0..<125 {
      var bet = IntervalBet()
      var probability = 1.0
      for bad in [outcome % 5, outcome / 5 % 5, outcome / 25] {
        bet.bet(on: Double(bad) / Double(size) / allowed)
        let ways = [1.0, 4, 6, 4, 1][bad]
        probability *= ways * pow(allowed, Double(bad)) * pow(1 - allowed, Double(size - bad))
      }
      expectation += probability * Analysis.exp(bet.logE)
    }
    #expect(abs(expectation - 1) < 1e-12)
  }

  /// Twelve requests a look, all failing: 5 % of 50 requests per second, looked at every 5 seconds.
  @Test func allFailingIsCertainWithinThreeLooks() throws {
    var test = ObjectiveTest()
    test.beginStep()
    let healthy = ObjectiveTest()
    let failing = try #require(Trials(bad: 12, total: 12))
    let stable = try #require(Trials(bad: 0, total: 238))
    var looks = 0
    while logMeanE([test.logE, healthy.logE]) < -Analysis.log(0.01) {
      test.look(candidate: failing, stable: stable, allowed: 0.01)
      looks += 1
    }
    #expect(looks <= 3)
  }

  /// A test that is stored and read again goes on with the very same bits.
  @Test func stateRoundTrips() throws {
    var test = ObjectiveTest()
    test.beginStep()
    for look in 1..<40 {
      if look % 10 == 0 { test.beginStep() }
      test.look(
        candidate: try #require(Trials(bad: look % 3, total: 7 + look)),
        stable: try #require(Trials(bad: look % 5, total: 90)), allowed: 0.013)
    }
    let stored = try JSONEncoder().encode(test)
    #expect(try JSONDecoder().decode(ObjectiveTest.self, from: stored) == test)
  }

  @Test(arguments: [#"["1"]"#, #"["a","1","1","1","1","1","1","1","1"]"#, #"{}"#])
  func brokenStateIsRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(IntervalBet.self, from: Data(text.utf8))
    }
  }

  @Test(arguments: [(-1, 5), (6, 5), (0, -1), (0, Int.max)])
  func countsThatCannotBeAreRefused(bad: Int, total: Int) {
    #expect(Trials(bad: bad, total: total) == nil)
  }

  /// What is certain never exceeds what is possible, and both agree on an edge.
  @Test(arguments: [
    (1, 8, 10), (10, 8, 8), (15, 5, 8), (20, 5, 5), (99, 1, 5), (100, 1, 1), (200, 0, 1),
  ])
  func histogramThresholds(threshold: Int, certain: Int, possible: Int) {
    let histogram = Histogram(edges: [10, 20, 100], counts: [2, 3, 4, 1])
    #expect(histogram.certainlyAtLeast(threshold) == certain)
    #expect(histogram.possiblyAtLeast(threshold) == possible)
  }

  @Test func countersThatStartedAgainCountFromZero() {
    let before = Histogram(edges: [10], counts: [50, 2])
    #expect(Histogram(edges: [10], counts: [53, 2]).since(before).counts == [3, 0])
    #expect(Histogram(edges: [10], counts: [3, 0]).since(before).counts == [3, 0])
  }
}
