/// Numbers the buckets of exponential histograms: bucket i holds base^i < v ≤ base^(i+1), where the
/// base is 2^(2^−scale).
///
/// OpenTelemetry's numbering. Prometheus numbers the same buckets of its native histograms by their
/// upper edge, so its index is greater by one, and calls the scale a schema. Everything here is
/// exact: no logarithm is rounded.
package struct ExponentialScale: Equatable, Sendable {
  package let exponent: Int

  /// OpenTelemetry's: from one bucket for 2^1024 to a base of 1.0000007.
  package static let exponents = -10...20

  package init?(_ exponent: Int) {
    guard Self.exponents.contains(exponent) else { return nil }
    self.exponent = exponent
  }

  /// Returns the index of the bucket that holds `value`, which is positive.
  ///
  /// Infinity has the bucket after the last, where Prometheus counts it.
  package func index(of value: Double) -> Int {
    precondition(value > 0, "\(value) has no bucket")
    guard value < .infinity else { return index(of: .greatestFiniteMagnitude) + 1 }
    let digits = max(0, exponent)
    let octave = Int(value.exponent) << digits
    let index =
      value.significand == 1
      ? octave - 1 : octave + Self.binaryLogarithm(value.significand, digits: digits)
    return index >> (digits - exponent)
  }

  /// Returns the edge below bucket `index`, which the bucket does not hold: exact for powers of
  /// two, to one unit in the last place elsewhere.
  ///
  /// Of the index's binary fraction 0.b₁b₂… the power of two is √(2^b₁ √(2^b₂ …)), and each square
  /// root halves the relative error made so far.
  package func lowerEdge(of index: Int) -> Double {
    guard exponent > 0 else {
      return Double(sign: .plus, exponent: index << -exponent, significand: 1)
    }
    let significand = (0..<exponent).reduce(1.0) { root, bit in
      ((index >> bit) & 1 == 1 ? 2 * root : root).squareRoot()
    }
    return Double(sign: .plus, exponent: index >> exponent, significand: significand)
  }

  /// Returns the edge above bucket `index`, which the bucket holds.
  package func upperEdge(of index: Int) -> Double { lowerEdge(of: index + 1) }

  /// The buckets that values can be in.
  package var indices: ClosedRange<Int> { index(of: .leastNonzeroMagnitude)...index(of: .infinity) }

  /// Returns the first binary digits after the point of log₂ `significand`, which is in (1, 2).
  ///
  /// Squaring doubles a logarithm, and a square of 2 or more shows that a digit is 1. The square is
  /// kept to 127 bits, so twenty squarings err by less than 2^−106 of the significand. That decides
  /// every case: of all 2^20 edges none but the powers of two is nearer than 2^−78 to a Double.
  private static func binaryLogarithm(_ significand: Double, digits: Int) -> Int {
    let bits = significand.significandBitPattern | 1 << Double.significandBitCount
    var square = UInt128(bits) << (127 - Double.significandBitCount)
    return (0..<digits).reduce(0) { digits, _ in
      square = square.multipliedFullWidth(by: square).high
      let digit = Int(square >> 127)
      if digit == 0 { square <<= 1 }
      return digits << 1 | digit
    }
  }
}
