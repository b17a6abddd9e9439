import Analysis

// Counts up to a million a look, in a time that does not grow with them: rejection where the mean is
// large, inversion where it is small. Both are exact but for rounding.

extension SplitMix64 {
  /// Returns a count of independent events of which `mean` are expected.
  package mutating func poisson(mean: Double) -> Int {
    precondition(mean >= 0 && mean <= 1e9, "mean \(mean)")
    return mean < smallMean ? poissonByProduct(mean) : poissonByRejection(mean)
  }

  /// Returns how many of `trials` succeed when each does with the probability `share`; a share outside
  /// 0...1 counts as the nearer end.
  package mutating func binomial(trials: Int, share: Double) -> Int {
    guard share > 0, trials > 0 else { return 0 }
    guard share < 1 else { return trials }
    if share > 0.5 { return trials - binomial(trials: trials, share: 1 - share) }
    return Double(trials) * share < smallMean
      ? binomialByInversion(trials, share) : binomialByRejection(trials, share)
  }

  /// Returns how many failures come before `successes` successes, of independent trials that succeed
  /// with the probability `share`.
  ///
  /// A Poisson count whose mean is gamma distributed. Exact.
  package mutating func negativeBinomial(successes: Int, share: Double) -> Int {
    precondition(share > 0 && share <= 1, "share \(share)")
    guard successes > 0 else { return 0 }
    return poisson(mean: gamma(shape: Double(successes)) * (1 - share) / share)
  }

  /// Counts the arrivals of a Poisson process in one unit of time (Knuth).
  private mutating func poissonByProduct(_ mean: Double) -> Int {
    let end = exp(-mean)
    var product = uniform()
    var count = 0
    while product > end {
      product *= uniform()
      count += 1
    }
    return count
  }

  /// Walks up the probabilities until they exceed one uniform draw.
  private mutating func binomialByInversion(_ trials: Int, _ share: Double) -> Int {
    let odds = share / (1 - share)
    var probability = exp(Double(trials) * log1p(-share))
    var rest = uniform()
    var count = 0
    while rest > probability, count < trials {
      rest -= probability
      probability *= odds * Double(trials - count) / Double(count + 1)
      count += 1
    }
    return count
  }

  /// Hörmann's transformed rejection PTRS (1993); its constants are his.
  private mutating func poissonByRejection(_ mean: Double) -> Int {
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let height = log(1.1239 + 1.1328 / (b - 3.4))
    let logMean = log(mean)
    return transformedRejection(a, b, center: mean + 0.43, sure: 0.9277 - 3.6224 / (b - 2)) {
      v, slope, k in
      log(v) + height - log(slope) <= k * logMean - mean - logFactorial(k)
    }
  }

  /// Hörmann's transformed rejection BTRS (1993), for shares up to ½; its constants are his.
  private mutating func binomialByRejection(_ trials: Int, _ share: Double) -> Int {
    let n = Double(trials)
    let deviation = (n * share * (1 - share)).squareRoot()
    let b = 1.15 + 2.53 * deviation
    let a = -0.0873 + 0.0248 * b + 0.01 * share
    let height = log((2.83 + 5.1 / b) * deviation)
    let mode = ((n + 1) * share).rounded(.down)
    let top = logFactorial(mode) + logFactorial(n - mode)
    let logOdds = log(share / (1 - share))
    return transformedRejection(a, b, center: n * share + 0.5, sure: 0.92 - 4.2 / b) {
      v, slope, k in
      guard k <= n else { return false }
      let mass = top - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds
      return log(v) + height - log(slope) <= mass
    }
  }

  /// Bends a uniform draw into a bell and accepts it where it lies below the probabilities.
  ///
  /// `a` and `b` are the bend, and `center` is what the middle of the draw becomes. Where the second
  /// draw is below `sure`, the middle of the bell needs no look at the probabilities; elsewhere
  /// `isBelow` takes it, the slope of the bend and the count.
  private mutating func transformedRejection(
    _ a: Double, _ b: Double, center: Double, sure: Double,
    isBelow: (_ v: Double, _ slope: Double, _ k: Double) -> Bool
  ) -> Int {
    while true {
      let (u, v) = (uniform() - 0.5, uniform())
      let edge = 0.5 - abs(u)
      let k = ((2 * a / edge + b) * u + center).rounded(.down)
      if edge >= 0.07, v <= sure { return Int(k) }
      if k >= 0, isBelow(v, a / (edge * edge) + b, k) { return Int(k) }
    }
  }
}

/// From this mean on both rejections are exact; below, inversion takes few steps.
private let smallMean = 10.0

/// Returns log(k!), to 1e-11 or one part in 1e15, whichever is larger.
///
/// Sums up to 15; from there on Stirling's series, whose first neglected term is below 3e-12.
package func logFactorial(_ k: Double) -> Double {
  guard k >= 16 else { return smallLogFactorials[Int(k)] }
  let x = k + 1
  let inverseSquare = 1 / (x * x)
  let series = (1 / 12.0 - inverseSquare * (1 / 360.0 - inverseSquare / 1260)) / x
  return (x - 0.5) * log(x) - x + 0.9189385332046728 + series  // half the logarithm of 2π
}

private let smallLogFactorials: [Double] = (1...15).reduce(into: [0]) { sums, k in
  sums.append(sums[k - 1] + log(Double(k)))
}
