import Foundation
import Testing

@testable import Analysis

@Suite struct DriftPropertyTests {
  static let even = Array(repeating: 1000, count: 10)

  /// A hundred requests a look, of which three bins of ten suddenly get twice as many: found, named and
  /// dated.
  @Test(arguments: [Dependence.independent, .interval, .robust])
  func whatMovesIsFoundAndDated(dependence: Dependence) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let profile = DriftReference.profile(try #require(BinProfile(counts(Self.even))))
    var tests = FeatureTests<DriftTest>(settings, bins: [10, 10, 10])
    let references = Array(repeating: profile, count: 3)
    tests.beginStep(references)
    let still = BinArms(candidate: try counts(Array(repeating: 10, count: 10)))
    let moved = BinArms(candidate: try counts([20, 20, 20] + Array(repeating: 40 / 7, count: 7)))
    for _ in 0..<50 { tests.look([still, still, still], against: references) }
    #expect(tests.logE < 0 && tests.moved(rate: 0.05).isEmpty)
    for _ in 0..<200 { tests.look([still, moved, still], against: references) }
    #expect(tests.logE > Analysis.log(100))
    let found = tests.moved(rate: 0.05)
    #expect(found.map(\.feature) == [1])
    #expect(found.first?.shift.change == .more && found.first?.shift.bin ?? 10 < 3)
    #expect((175...200).contains(found.first?.looksSinceChange ?? 0))
  }

  /// A class that is no longer predicted at all.
  @Test func aBinThatEmptiesIsNamed() throws {
    var test = DriftTest(bins: 3)
    test.beginStep(.stable)
    for _ in 0..<60 {
      test.look(
        BinArms(candidate: try counts([0, 27, 23]), stable: try counts([20, 16, 14])),
        against: .stable)
    }
    #expect(test.logE > Analysis.log(100))
    #expect(test.strongest?.bin == 0 && test.strongest?.change == .fewer)
  }

  /// Both arms move alike, in a world that changes: that is no one's fault.
  @Test(arguments: GuaranteeTests.dependences)
  func aChangedWorldIsNotDriftOfTheCandidate(dependence: Dependence) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    var test = DriftTest(settings, bins: 3)
    test.beginStep(.stable)
    for look in 0..<120 {
      let base = [10 + look, 40, 130 - look]
      test.look(
        BinArms(candidate: try counts(base), stable: try counts(base.map { 9 * $0 })),
        against: .stable)
    }
    #expect(test.logE < 0)
  }

  /// What a small profile does not know is tolerated: at least three standard deviations, and more
  /// where few were seen.
  @Test(arguments: [(0, 50), (1, 50), (5, 500), (500, 1000), (999, 1000), (5000, 50_000)])
  func doubtsAboutTheProfile(hits: Int, total: Int) throws {
    let profile = try #require(BinProfile(counts([hits, total - hits])))
    let share = (Double(hits) + 0.5) / (Double(total) + 1)
    for (change, share) in [(BinChange.more, share), (.fewer, 1 - share)] {
      let limit = profile.limit(of: 0, change, oddsRatio: 1)
      let ratio = limit / (1 - limit) / (share / (1 - share))
      #expect(ratio >= 1 + 3 * ((1 - share) / (share * Double(total))).squareRoot())
      #expect(limit > 0 && limit < 1)
      #expect(profile.limit(of: 0, change, oddsRatio: 1.25) >= limit)
    }
  }

  /// A value that the profile never saw, once in a hundred requests, is drift; once in the life of the
  /// rollout it is not.
  @Test func unseenValues() throws {
    let profile = DriftReference.profile(
      try #require(BinProfile(counts([25_000, 25_000, 0]))))
    var (often, once) = (DriftTest(bins: 3), DriftTest(bins: 3))
    for index in 0..<20 {
      if index == 0 {
        often.beginStep(profile)
        once.beginStep(profile)
      }
      often.look(BinArms(candidate: try counts([50, 49, 1])), against: profile)
      once.look(BinArms(candidate: try counts([50, 49, index == 0 ? 1 : 0])), against: profile)
    }
    #expect(often.logE > Analysis.log(100))
    #expect(once.logE < Analysis.log(100))
  }

  @Test func aDetectorForgetsTheGoodPast() throws {
    let profile = DriftReference.profile(try #require(BinProfile(counts(Self.even))))
    var detector = DriftDetector(bins: 10)
    for _ in 0..<2000 {
      detector.look(
        BinArms(candidate: try counts(Array(repeating: 10, count: 10))), against: profile)
    }
    #expect(detector.logE <= 0 && detector.looksSinceChange == 0)
    for _ in 0..<40 {
      detector.look(
        BinArms(candidate: try counts([30, 30] + Array(repeating: 5, count: 8))), against: profile)
    }
    #expect(detector.logE > Analysis.log(10_000))
    #expect((30...40).contains(detector.looksSinceChange))
  }

  /// Counts that cannot be, other bins than expected, none, and the largest there can be: nothing
  /// traps, and what is no data proves nothing.
  @Test(arguments: GuaranteeTests.dependences)
  func hostileCounts(dependence: Dependence) throws {
    let huge = 1 << 53
    for impossible in [[-1, 1], [huge, 1], [.max, .max], [.min, 0]] {
      #expect(BinCounts(impossible) == nil)
    }
    for degenerate in [[], [5], [0, 0, 0]] {
      #expect(BinProfile(try counts(degenerate)) == nil)
    }
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    let profile = DriftReference.profile(try #require(BinProfile(counts([huge - 1, 1, 0]))))
    for reference in [profile, .stable] {
      var test = DriftTest(settings, bins: 3)
      var detector = DriftDetector(settings, bins: 3)
      for look in [[], [1], [9, 9, 9, 9], [0, 0, 0]] {
        test.beginStep(reference)
        for _ in 0..<10 {
          let arms = BinArms(candidate: try counts(look), stable: try counts(look))
          test.look(arms, against: reference)
          detector.look(arms, against: reference)
        }
      }
      #expect(abs(test.logE) < 1e-12 && detector.logE == 0)
      for look in [[huge, 0, 0], [0, 0, huge], [0, huge, 0], [1, 1, 1]] {
        test.beginStep(reference, spreadOver: 20_000)
        for _ in 0..<7 {
          let arms = BinArms(candidate: try counts(look), stable: try counts([huge, 0, 0]))
          test.look(arms, against: reference)
          detector.look(arms, against: reference)
          #expect(test.logE.isFinite && detector.logE.isFinite)
        }
      }
    }
  }

  /// A test that is stored and read again goes on with the very same bits.
  @Test(arguments: GuaranteeTests.dependences)
  func stateRoundTrips(dependence: Dependence) throws {
    let settings = ObjectiveTest.Settings(dependence: dependence, tolerance: 250_000, look: 5000)
    var tests = FeatureTests<DriftTest>(settings, bins: [3])
    var detectors = FeatureTests<DriftDetector>(settings, bins: [3])
    for look in 0..<24 {
      if look % 8 == 0 { tests.beginStep([.stable], spreadOver: look * 1000) }
      let arms = BinArms(
        candidate: try counts([look % 5, 3, 1]), stable: try counts([10, 5 + look % 7, 2]))
      tests.look([arms], against: [.stable])
      detectors.look([arms], against: [.stable])
      #expect(try stored(tests) == tests)
      #expect(try stored(detectors) == detectors)
    }
  }

  private func stored<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  @Test(arguments: ["[1,-1]", "[0.5]", "{}", #"["1"]"#])
  func brokenCountsAreRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(BinCounts.self, from: Data(text.utf8))
    }
  }

  @Test(arguments: [#"{"lowest":"nan","looksSince":1}"#, #"{"lowest":"x","looksSince":1}"#, "{}"])
  func brokenTroughsAreRefused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Trough.self, from: Data(text.utf8))
    }
  }
}
