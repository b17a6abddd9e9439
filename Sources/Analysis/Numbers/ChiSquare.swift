/// Returns the probability that a chi-square variable with so many degrees of freedom exceeds `x`.
///
/// The upper incomplete gamma function: a series where x is small, elsewhere a continued fraction
/// (Abramowitz and Stegun 6.5.29 and 6.5.31), so that tiny probabilities keep their digits.
package func chiSquareTail(above x: Double, degrees: Int) -> Double {
  precondition(degrees > 0, "\(degrees) degrees of freedom")
  guard x > 0 else { return 1 }
  let (a, y) = (Double(degrees) / 2, x / 2)
  let front = exp(a * log(y) - y - logGamma(a))
  return y < a + 1 ? 1 - front * lowerSeries(a, y) : front * upperFraction(a, y)
}

/// Returns the value that a chi-square variable with so many degrees of freedom exceeds with the
/// probability `tail`, in (0, 1).
///
/// Bisection comes close enough for Newton's method, which doubles the number of digits with each of
/// its steps.
package func chiSquareQuantile(tail: Double, degrees: Int) -> Double {
  precondition(0 < tail && tail < 1, "probability \(tail)")
  var (low, high) = (0.0, Double(degrees))
  while chiSquareTail(above: high, degrees: degrees) > tail { (low, high) = (high, 2 * high) }
  while high - low > 1e-3 * high {
    let middle = (low + high) / 2
    if chiSquareTail(above: middle, degrees: degrees) > tail { low = middle } else { high = middle }
  }
  let a = Double(degrees) / 2
  return (0..<3).reduce((low + high) / 2) { x, _ in
    let density = exp((a - 1) * log(x / 2) - x / 2 - logGamma(a)) / 2
    return x + (chiSquareTail(above: x, degrees: degrees) - tail) / density
  }
}

private func lowerSeries(_ a: Double, _ y: Double) -> Double {
  var (term, sum, n) = (1 / a, 1 / a, a)
  while term > sum * 1e-17 {
    n += 1
    term *= y / n
    sum += term
  }
  return sum
}

/// By Lentz's method.
private func upperFraction(_ a: Double, _ y: Double) -> Double {
  var b = y + 1 - a
  var (c, d) = (1e300, 1 / b)
  var (fraction, n) = (d, 0.0)
  while true {
    n += 1
    b += 2
    let numerator = n * (a - n)
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    let factor = c * d
    fraction *= factor
    guard abs(factor - 1) > 1e-15, n < 10_000 else { return fraction }
  }
}
