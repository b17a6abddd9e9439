import Analysis

// Only the core's own `log` and `exp`: one seed gives the same traffic on every machine.

extension SplitMix64 {
  /// Returns a number in (0, 1), never an end of it, so that its logarithm exists.
  package mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

  /// Returns a draw of the normal distribution with mean 0 and variance 1.
  ///
  /// Marsaglia's polar method: a point in the unit disc has a direction and a radius that are
  /// independent, and its radius gives one of the normal distribution. Exact.
  package mutating func normal() -> Double {
    while true {
      let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
      let square = x * x + y * y
      if square < 1 { return x * (-2 * log(square) / square).squareRoot() }
    }
  }

  /// Returns a draw of the gamma distribution with scale 1, whose mean and variance are `shape`.
  ///
  /// Marsaglia and Tsang (2000): a cubed normal, of which about one in twenty is thrown away. Below a
  /// shape of 1 the draw of shape + 1 is scaled by a power of a uniform one. Exact.
  package mutating func gamma(shape: Double) -> Double {
    precondition(shape > 0, "shape \(shape)")
    if shape < 1 { return gamma(shape: shape + 1) * exp(log(uniform()) / shape) }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      let v = root * root * root
      if root > 0, log(uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }
}
