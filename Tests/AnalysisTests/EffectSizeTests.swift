import Testing

@testable import Analysis

@Suite struct EffectSizeTests {
  /// Printed in every textbook.
  @Test(
    arguments: [
      (0.05, 1, 3.841458820694124), (0.01, 1, 6.6348966010212145), (0.01, 9, 21.665994333461924),
      (0.5, 2, 1.3862943611198906), (0.99, 30, 14.953456528455436), (0.01, 1000, 1106.968994),
    ] as [(Double, Int, Double)])
  func quantilesOfChiSquare(tail: Double, degrees: Int, expected: Double) {
    let quantile = chiSquareQuantile(tail: tail, degrees: degrees)
    #expect(abs(quantile - expected) <= 1e-9 * expected)
    #expect(isClose(chiSquareTail(above: quantile, degrees: degrees), tail))
  }

  @Test(arguments: [(0.0, 1.0), (-3, 1), (1e-300, 1), (5000, 0)] as [(Double, Double)])
  func tailsAtTheEdges(x: Double, expected: Double) {
    #expect(isClose(chiSquareTail(above: x, degrees: 3), expected))
  }

  /// 1.628 √(1/n + 1/m) at a hundredth.
  @Test func whatNoiseReaches() throws {
    let sizes = try #require(
      EffectSizes(current: counts([20, 30]), reference: counts([100, 100])))
    let noise = 1 / 50.0 + 1 / 200.0
    #expect(abs(sizes.criticalKolmogorovSmirnov - 1.6276236 * noise.squareRoot()) < 1e-7)
    #expect(isClose(sizes.criticalPopulationStability, 6.6348966010212145 * noise))
    let many = try #require(
      EffectSizes(current: counts([1000, 1000]), reference: counts([9000, 9000])))
    #expect(many.criticalPopulationStability == 0.1)
    #expect(isClose(many.criticalJensenShannon, 0.1342895677672396))
  }

  /// The sign says where to; the distance is the same in both directions.
  @Test func directions() throws {
    let (low, high) = try (counts([60, 30, 10]), counts([10, 30, 60]))
    let rise = try #require(EffectSizes(current: high, reference: low))
    let fall = try #require(EffectSizes(current: low, reference: high))
    #expect(isClose(rise.shiftInBins, 1) && isClose(fall.shiftInBins, -1))
    #expect(isClose(rise.wassersteinInBins, 1) && isClose(fall.wassersteinInBins, 1))
  }

  @Test func distancesBetweenPositions() throws {
    let (current, reference) = try (counts([0, 50, 50]), counts([50, 50, 0]))
    let moved = try #require(
      wasserstein(current: current, reference: reference, at: [0, 10, 30]))
    #expect(isClose(moved.distance, 15) && isClose(moved.inDeviations, 3))
    let constant = try #require(
      wasserstein(current: counts([0, 1]), reference: counts([1, 0]), at: [0, 1]))
    #expect(isClose(constant.inDeviations, 1000))
    #expect(wasserstein(current: current, reference: reference, at: [0, 1]) == nil)
  }

  @Test func whatCannotBeComparedIsNot() throws {
    for (current, reference) in [([], []), ([0, 0], [1, 1]), ([1, 1], [1, 1, 1]), ([1], [1])] {
      #expect(EffectSizes(current: try counts(current), reference: try counts(reference)) == nil)
    }
    for (current, reference) in [([], [1]), ([1], []), ([.nan], [1]), ([1], [.infinity])]
      as [([Double], [Double])]
    {
      #expect(SampleDistance(current: current, reference: reference) == nil)
    }
  }

  /// Samples that do not overlap, are constant, or end one after the other.
  @Test(
    arguments: [
      ([1, 2], [3, 4], 1, 2), ([3, 4], [1, 2], 1, 2), ([5, 5], [5], 0, 0), ([0], [0, 10], 0.5, 5),
      ([0, 10], [0], 0.5, 5), ([1, 2, 3], [1, 2, 3], 0, 0), ([0, 6, 9], [1], 2.0 / 3, 14.0 / 3),
    ] as [([Double], [Double], Double, Double)])
  func distancesOfSamples(
    current: [Double], reference: [Double], largest: Double, area: Double
  ) throws {
    let distance = try #require(SampleDistance(current: current, reference: reference))
    #expect(isClose(distance.kolmogorovSmirnov, largest) && isClose(distance.wasserstein, area))
  }
}
