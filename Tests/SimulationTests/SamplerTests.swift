import Foundation
import Randomness
import Testing

/// Draws, against the probabilities that they should have.
///
/// Every seed is fixed, so a test that passes once passes always.
@Suite struct SamplerTests {
  static let draws = 200_000

  /// On both sides of the mean at which the method changes, and up to a million.
  @Test(arguments: [0.3, 4, 9.9, 10.1, 40, 1000, 1e6])
  func poissonCounts(mean: Double) {
    var random = SplitMix64(seed: 1)
    let counts = (0..<Self.draws).map { _ in random.poisson(mean: mean) }
    expectFit(counts, mean: mean, variance: mean) { k in k * log(mean) - mean - lgamma(k + 1) }
  }

  @Test(
    arguments: [
      (5, 0.3), (100, 0.09), (100, 0.11), (100, 0.5), (100, 0.95), (1000, 0.005), (1000, 0.3),
      (100_000, 0.0001), (1_000_000, 0.01), (1_000_000, 0.5),
    ] as [(Int, Double)])
  func binomialCounts(trials: Int, share: Double) {
    var random = SplitMix64(seed: 2)
    let n = Double(trials)
    let counts = (0..<Self.draws).map { _ in random.binomial(trials: trials, share: share) }
    expectFit(counts, mean: n * share, variance: n * share * (1 - share)) { k in
      guard k <= n else { return -.infinity }
      let ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
      return ways + k * log(share) + (n - k) * log1p(-share)
    }
  }

  /// It is made of a Poisson count with a gamma mean, so it tests gamma's whole shape too.
  @Test(
    arguments: [(1, 0.125), (3, 0.125), (20, 0.125), (2000, 0.5)] as [(Int, Double)])
  func negativeBinomialCounts(successes: Int, share: Double) {
    var random = SplitMix64(seed: 3)
    let r = Double(successes)
    let counts = (0..<Self.draws).map { _ in
      random.negativeBinomial(successes: successes, share: share)
    }
    let mean = r * (1 - share) / share
    expectFit(counts, mean: mean, variance: mean / share) { k in
      lgamma(k + r) - lgamma(k + 1) - lgamma(r) + r * log(share) + k * log1p(-share)
    }
  }

  /// Mean, variance and third central moment of a gamma distribution with scale 1: k, k and 2k.
  @Test(arguments: [0.3, 1, 2.5, 20])
  func gammaMoments(shape: Double) {
    var random = SplitMix64(seed: 4)
    let values = (0..<Self.draws).map { _ in random.gamma(shape: shape) }
    expectMoments(values, mean: shape, variance: shape)
    let third = values.map { pow($0 - shape, 3) }.reduce(0, +) / Double(Self.draws)
    #expect(abs(third / (2 * shape) - 1) < 0.1, "third moment \(third)")
  }

  @Test func normalMoments() {
    var random = SplitMix64(seed: 5)
    let values = (0..<Self.draws).map { _ in random.normal() }
    expectMoments(values, mean: 0, variance: 1)
    #expect(abs(Double(values.count { abs($0) < 1.96 }) / Double(Self.draws) - 0.95) < 0.002)
  }

  @Test(arguments: [(0, 0.5), (10, 0), (10, 1), (10, 1.5)] as [(Int, Double)])
  func certainCounts(trials: Int, share: Double) {
    var random = SplitMix64(seed: 6)
    #expect(random.binomial(trials: trials, share: share) == (share < 1 ? 0 : trials))
    #expect(random.poisson(mean: 0) == 0)
    #expect(random.negativeBinomial(successes: 0, share: 0.5) == 0)
  }

  /// On both sides of the count at which the series takes over.
  @Test(arguments: [0, 1, 2, 14, 15, 16, 17, 30, 1000, 1e6])
  func logFactorials(k: Double) {
    #expect(abs(logFactorial(k) - lgamma(k + 1)) <= 1e-11 + 1e-15 * lgamma(k + 1))
  }

  /// Pearson's chi-square over bins of equal probability, four standard deviations of it at most.
  private func expectFit(
    _ counts: [Int], mean: Double, variance: Double,
    sourceLocation: SourceLocation = #_sourceLocation, logProbability: (Double) -> Double
  ) {
    expectMoments(counts.map(Double.init), mean: mean, variance: variance)
    let reach = 12 * variance.squareRoot() + 12
    let range = Int(max(0, mean - reach))...Int(mean + reach)
    var (bins, index) = ([0.0], [Int: Int]())
    for k in range {
      index[k] = bins.count - 1
      bins[bins.count - 1] += exp(logProbability(Double(k)))
      if bins[bins.count - 1] > 0.02 { bins.append(0) }
    }
    #expect(abs(bins.reduce(0, +) - 1) < 1e-6, sourceLocation: sourceLocation)
    let observed = counts.reduce(into: [Double](repeating: 0, count: bins.count)) { sums, count in
      if let bin = index[count] { sums[bin] += 1 }
    }
    let terms = zip(observed, bins).filter { $0.1 * Double(counts.count) > 5 }
      .map { pow($0 - $1 * Double(counts.count), 2) / ($1 * Double(counts.count)) }
    let freedom = Double(terms.count - 1)
    #expect(
      terms.reduce(0, +) < freedom + 4 * (2 * freedom).squareRoot() + 4,
      "chi-square \(terms.reduce(0, +)) in \(freedom)", sourceLocation: sourceLocation)
  }

  /// The mean within four of its standard errors; the variance within four of a rough one.
  private func expectMoments(
    _ values: [Double], mean: Double, variance: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let n = Double(values.count)
    let average = values.reduce(0, +) / n
    let spread = values.map { ($0 - average) * ($0 - average) }.reduce(0, +) / n
    let fourth = values.map { pow($0 - average, 4) }.reduce(0, +) / n
    #expect(abs(average - mean) < 4 * (variance / n).squareRoot(), sourceLocation: sourceLocation)
    let error = ((fourth - spread * spread) / n).squareRoot()
    #expect(abs(spread - variance) < 4 * error, sourceLocation: sourceLocation)
  }
}
