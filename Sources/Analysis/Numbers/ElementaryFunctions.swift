// The core uses IEEE + − × ÷ √ and these three functions, and no libm: libraries differ in the last
// bit, and a replayed decision must give the same bits on every machine and for years.

/// Returns the natural logarithm; -infinity for 0, NaN for negative numbers.
///
/// Reduces x to 2^k (1 + f) with √½ ≤ 1 + f < √2, then log(1 + f) = f − f²/2 + s (f²/2 + R(s²)) with
/// s = f/(2 + f) and the minimax polynomial R of FreeBSD's e_log.c (Sun Microsystems, 1993), whose
/// error is below 1 ulp.
package func log(_ x: Double) -> Double {
  guard x > 0 else { return x == 0 ? -.infinity : .nan }
  guard x < .infinity else { return x }
  var (exponent, significand) = parts(of: x)
  if significand > 1.4142135623730951 {
    significand *= 0.5
    exponent += 1
  }
  let fraction = significand - 1
  let halfSquare = 0.5 * fraction * fraction
  let s = fraction / (2 + fraction)
  let remainder = logarithmRemainder(s * s)
  return exponent * logOfTwoHigh
    - ((halfSquare - (s * (halfSquare + remainder) + exponent * logOfTwoLow)) - fraction)
}

/// Returns e and 1 ≤ f < 2 with x = 2^e f, for a positive finite x.
private func parts(of x: Double) -> (exponent: Double, significand: Double) {
  guard x.isNormal else { return (Double(x.exponent), x.significand) }
  let bits = x.bitPattern
  return (
    Double(Int(bits >> 52) - exponentBias),
    Double(bitPattern: bits & significandMask | UInt64(exponentBias) << 52)
  )
}

/// Returns log(1 + x), accurate also where 1 + x rounds away most of x.
///
/// Kahan's correction: the rounding error of u = 1 + x enters log(u) and u − 1 alike, and cancels in
/// their ratio.
package func log1p(_ x: Double) -> Double {
  let u = 1 + x
  guard u > 0, u < .infinity else { return log(u) }
  return u == 1 ? x : log(u) * (x / (u - 1))
}

/// Returns e to the power x; 0 below −745.2 and infinity above 709.8.
///
/// Reduces x to k log 2 + r with |r| ≤ ½ log 2, then uses the rational approximation of FreeBSD's
/// e_exp.c (Sun Microsystems, 1993), whose error is below 1 ulp.
package func exp(_ x: Double) -> Double {
  guard !x.isNaN else { return x }
  guard x < 709.782712893384 else { return .infinity }
  guard x > -745.1332191019412 else { return 0 }
  let k = (x * 1.4426950408889634 + roundsToInteger) - roundsToInteger
  let high = x - k * logOfTwoHigh
  let low = k * logOfTwoLow
  let r = high - low
  let t = r * r
  let c = r - t * exponentialRemainder(t)
  let mantissa = 1 - ((low - (r * c) / (2 - c)) - high)
  return scaled(mantissa, by: Int(k))
}

private let exponentBias = 1023
private let significandMask: UInt64 = 1 << 52 - 1
/// 1.5 · 2^52: added and taken away, it leaves the nearest integer, the even one of two.
private let roundsToInteger = 6_755_399_441_055_744.0
private let logOfTwoHigh = 6.93147180369123816490e-01
private let logOfTwoLow = 1.90821492927058770002e-10

private func logarithmRemainder(_ z: Double) -> Double {
  let w = z * z
  let odd =
    w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
  let even =
    z
    * (6.666666666666735130e-01
      + w
      * (2.857142874366239149e-01
        + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
  return odd + even
}

private func exponentialRemainder(_ t: Double) -> Double {
  let tail =
    6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08)
  return 1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 + t * tail)
}

/// Returns x · 2^k in two factors, so that neither leaves the range on its own.
private func scaled(_ x: Double, by k: Int) -> Double {
  let half = k / 2
  return x * powerOfTwo(half) * powerOfTwo(k - half)
}

/// The exponent must be that of a normal number.
private func powerOfTwo(_ k: Int) -> Double {
  Double(bitPattern: UInt64(k + exponentBias) << 52)
}
