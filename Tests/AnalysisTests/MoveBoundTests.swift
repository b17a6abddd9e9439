import Foundation
import Randomness
import Testing

@testable import Analysis

@Suite struct MoveBoundTests {
  /// What an independent computation in double precision says after looks that differ in everything.
  @Test func computesWhatTheFormulaSays() throws {
    var bound = MoveBound(bins: 3)
    #expect(bound.seen == 0 && bound.upper(beta: 0.05) == 1)
    for (candidate, stable) in [
      ([3, 4, 1], [20, 15, 5]), ([0, 0, 0], [30, 1, 2]), ([9, 2, 0], [7, 3, 4]),
      ([40, 30, 10], [35, 38, 9]),
    ] { bound.look(try arms(candidate, stable)) }
    #expect(abs(bound.seen - 0.07669902013447681) < 1e-12)
    #expect(abs(bound.upper(beta: 0.05) - 0.269824549708773) < 1e-12)
    #expect(abs(bound.upper(beta: 0.05, cluster: 8) - 0.6327133084546716) < 1e-12)
  }

  /// A move of exactly this size is covered at all looks of at least 95 of 100 rollouts, while the share
  /// of the traffic grows and what everybody asks changes with the time of day.
  @Test(arguments: [
    ([0.86, 0.14], [0.66, 0.34]), ([0.6, 0.4], [0.4, 0.6]),
    ([0.3, 0.2, 0.2, 0.1, 0.1, 0.1], [0.2, 0.1, 0.2, 0.2, 0.2, 0.1]),
  ])
  func coversTheMoveAtEveryLook(usual: [Double], moved: [Double]) throws {
    var random = SplitMix64(seed: 20)
    let runs = 400
    var missed = 0
    for _ in 0..<runs {
      var (bound, isMissed) = (MoveBound(bins: usual.count), false)
      for look in 0..<200 {
        // Both arms get more of the first bin and then suddenly none of it, by the same part.
        let tide = Double(look % 50) / 100
        let tried = look < 100 ? 2 : 10
        bound.look(
          try arms(
            draw(tried, moved, tide, &random), draw(20 - tried, usual, tide, &random)))
        // Of what is left a fifth moved: on average never less than this.
        isMissed = isMissed || bound.upper(beta: 0.05) < 0.2 * 0.755
      }
      missed += isMissed ? 1 : 0
    }
    #expect(missed <= runs / 20)
  }

  /// Two equal arms: a move of a fifth is excluded after a few hundred samples, and the more alike
  /// requests may be, the later.
  @Test(arguments: [(2, 60...240), (10, 150...600)])
  func equalsAreProvenSoon(bins: Int, samples: ClosedRange<Int>) throws {
    var random = SplitMix64(seed: 7)
    let shares = Array(repeating: 1 / Double(bins), count: bins)
    var bound = MoveBound(bins: bins)
    var needed: [Int] = []
    for look in 1...400 {
      bound.look(try arms(draw(5, shares, 0, &random), draw(20, shares, 0, &random)))
      if needed.isEmpty, bound.upper(beta: 0.05) <= 0.2 { needed.append(look * 5) }
      if needed.count == 1, bound.upper(beta: 0.05, cluster: 3) <= 0.2 { needed.append(look * 5) }
    }
    #expect(needed.count == 2 && samples.contains(needed[0]))
    #expect(needed[1] > 2 * needed[0])
  }

  /// A state that is written and read goes on as if nothing had been; one that was tampered with is
  /// refused.
  @Test func survivesBeingStored() throws {
    var bound = MoveBound(bins: 2)
    bound.look(try arms([3, 4], [20, 15]))
    let bytes = try JSONEncoder().encode(bound)
    #expect(try JSONDecoder().decode(MoveBound.self, from: bytes) == bound)
    for text in [#"{"differences":["nan"],"weight":"1"}"#, #"{"differences":[],"weight":"-1"}"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(MoveBound.self, from: Data(text.utf8))
      }
    }
  }

  private func arms(_ candidate: [Int], _ stable: [Int]) throws -> BinArms {
    BinArms(
      candidate: try #require(BinCounts(candidate)), stable: try #require(BinCounts(stable)))
  }

  private func draw(
    _ samples: Int, _ shares: [Double], _ tide: Double, _ random: inout SplitMix64
  ) -> [Int] {
    var counts = Array(repeating: 0, count: shares.count)
    for _ in 0..<samples {
      var rest = random.uniform()
      rest = rest < tide ? 0 : (rest - tide) / (1 - tide)
      var bin = 0
      while bin < shares.count - 1, rest >= shares[bin] {
        rest -= shares[bin]
        bin += 1
      }
      counts[bin] += 1
    }
    return counts
  }
}
