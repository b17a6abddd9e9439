/// A range that covers the truth with a stated confidence, at every look at once.
package struct Interval: Equatable, Sendable {
  package let low: Double
  package let high: Double
}

/// Returns a confidence sequence for the bad share: with probability `1 - alpha` it covers the truth at
/// all looks together, while requests are independent.
///
/// All p for which the Jeffreys mixture B(½+x, ½+n−x)/B(½, ½) is below p^x (1−p)^(n−x) / alpha
/// (Robbins 1970); found by bisection, since the likelihood falls on both sides of x/n.
package func confidenceInterval(of trials: Trials, alpha: Double) -> Interval {
  guard trials.total > 0 else { return Interval(low: 0, high: 1) }
  let (bad, good) = (Double(trials.bad), Double(trials.total - trials.bad))
  let bar = logBeta(bad + 0.5, good + 0.5) - logBeta(0.5, 0.5) + log(alpha)
  let likelihood = { (p: Double) in
    (bad > 0 ? bad * log(p) : 0) + (good > 0 ? good * log1p(-p) : 0)
  }
  return Interval(
    low: bad == 0 ? 0 : bisect(inside: trials.share, outside: 0) { likelihood($0) >= bar },
    high: good == 0 ? 1 : bisect(inside: trials.share, outside: 1) { likelihood($0) >= bar })
}

/// Returns a confidence sequence for how many times the odds of stable the candidate's odds of a bad
/// request are; nil while nothing can be said.
///
/// Of the bad requests of both arms, each is the candidate's with odds (ratio · Nc/Ns), so it is the
/// sequence for that share, moved by the request counts. It holds while the share of the traffic is
/// constant, as it is within a step.
package func oddsRatioInterval(of arms: Arms, alpha: Double) -> Interval? {
  guard arms.candidate.total > 0, arms.stable.total > 0,
    let bad = Trials(bad: arms.candidate.bad, total: arms.candidate.bad + arms.stable.bad),
    bad.total > 0
  else { return nil }
  let share = confidenceInterval(of: bad, alpha: alpha)
  let traffic = Double(arms.stable.total) / Double(arms.candidate.total)
  return Interval(
    low: share.low / (1 - share.low) * traffic, high: share.high / (1 - share.high) * traffic)
}

/// Returns where what is inside ends, between a point that is and one that is not.
func bisect(inside: Double, outside: Double, isInside: (Double) -> Bool) -> Double {
  var (inside, outside) = (inside, outside)
  while abs(inside - outside) > 1e-12 * max(1e-3, min(inside, outside)) {
    let middle = (inside + outside) / 2
    guard middle != inside, middle != outside else { break }
    if isInside(middle) { inside = middle } else { outside = middle }
  }
  return inside
}

/// Returns the logarithm of the beta function.
private func logBeta(_ a: Double, _ b: Double) -> Double {
  logGamma(a) + logGamma(b) - logGamma(a + b)
}

/// Returns the logarithm of the gamma function for x > 0.
///
/// Stirling's series after the argument is raised above 10, where the first term left out is below
/// 1e-17 (Abramowitz and Stegun 6.1.41).
func logGamma(_ x: Double) -> Double {
  var (shifted, product) = (x, 1.0)
  while shifted < 10 {
    product *= shifted
    shifted += 1
  }
  let z = 1 / (shifted * shifted)
  let series =
    1 / 12.0 + z
    * (-1 / 360.0 + z
      * (1 / 1260.0 + z * (-1 / 1680.0 + z * (1 / 1188.0 + z * (-691 / 360360.0 + z / 156)))))
  let halfLogTau = 0.91893853320467274178
  return (shifted - 0.5) * log(shifted) - shifted + halfLogTau + series / shifted - log(product)
}
