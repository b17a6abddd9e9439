/// A number as its text says it: a whole number times a power of ten.
///
/// Most numbers in payloads have at most 19 digits before and after the point. Those are rounded here
/// with two machine words, to the same value as the standard library finds from a `String`.
struct Decimal {
  var significand: UInt64 = 0
  var exponent = 0
  /// Of the significand, without leading zeros; a 64-bit word holds any 19.
  private(set) var digits = 0

  static let mostDigits = 19

  mutating func append(_ digit: UInt8) {
    digits += significand == 0 && digit == 0 ? 0 : 1
    significand = significand &* 10 &+ UInt64(digit)
  }

  /// The nearest number of 64 bits, ties to even; nil when two words are not enough to find it.
  var rounded: Double? {
    guard digits <= Self.mostDigits, abs(exponent) <= Self.mostDigits else { return nil }
    if significand == 0 { return 0 }
    let power = Self.powers[abs(exponent)]
    return exponent < 0 ? quotient(by: power) : product(with: power)
  }

  private func product(with power: UInt64) -> Double {
    let (high, low) = significand.multipliedFullWidth(by: power)
    if high == 0 { return Double(low) }
    let shift = high.leadingZeroBitCount
    let top = high << shift | (low >> 1) >> (63 - shift)
    return Self.scaled(top, isExact: low << shift == 0, by: 64 - shift)
  }

  /// Divides with both numbers shifted up, so that the quotient fills a word; what remains only says
  /// whether it is exact.
  private func quotient(by power: UInt64) -> Double {
    let (shift, powerShift) = (significand.leadingZeroBitCount, power.leadingZeroBitCount)
    let (dividend, divisor) = (significand << shift, power << powerShift)
    let isLess = dividend < divisor
    let (top, rest) = divisor.dividingFullWidth(
      isLess ? (dividend, 0) : (dividend >> 1, dividend << 63))
    return Self.scaled(top, isExact: rest == 0, by: powerShift - shift - (isLess ? 64 : 63))
  }

  /// A word whose first bit is set, times a power of two.
  ///
  /// The conversion drops the last 11 bits, so the very last can say that more would follow.
  private static func scaled(_ top: UInt64, isExact: Bool, by exponent: Int) -> Double {
    Double(isExact ? top : top | 1) * Double(bitPattern: UInt64(1023 + exponent) << 52)
  }

  private static let powers: [UInt64] = {
    var powers: [UInt64] = [1]
    for _ in 0..<mostDigits { powers.append((powers.last ?? 1) * 10) }
    return powers
  }()
}
