/// A number as programs print nearly all of them: digits and a point, without an exponent.
///
/// It holds everything in registers and asks for nothing that a processor cannot guess: how many
/// digits there are is no branch. Whatever is less usual is left to `DecimalText`.
struct PlainDecimal {
  let value: Double
  /// The place behind its last byte.
  let end: Int

  /// Returns nil where no such number begins, where it has more than 19 digits or an exponent, and
  /// within eight bytes of the end.
  @inline(__always)
  init?(_ bytes: Span<UInt8>, from start: Int) {
    guard start < bytes.count else { return nil }
    let isNegative = bytes[start] == UInt8(ascii: "-")
    let first = start &+ (isNegative || bytes[start] == UInt8(ascii: "+") ? 1 : 0)
    var digits = Digits(place: first)
    guard digits.readWhole(bytes) else { return nil }
    var fraction = 0
    if bytes[digits.place] == UInt8(ascii: ".") {
      digits.place &+= 1
      let point = digits.place
      guard digits.read(bytes), digits.place > first &+ 1 else { return nil }
      fraction = digits.place &- point
    }
    guard digits.place > first, bytes[digits.place] | 0x20 != UInt8(ascii: "e"), fraction < 20
    else { return nil }
    let magnitude = Self.magnitude(digits.mantissa, fraction: fraction)
    let sign: UInt64 = isNegative && digits.mantissa > 0 ? 1 << 63 : 0
    value = Double(bitPattern: magnitude.bitPattern | sign)
    end = digits.place
  }

  private struct Digits {
    var mantissa: UInt64 = 0
    var place: Int

    init(place: Int) { self.place = place }

    /// Reads what stands before the point: mostly one digit, which a processor guesses.
    @inline(__always)
    mutating func readWhole(_ bytes: Span<UInt8>) -> Bool {
      guard place &+ 1 < bytes.count, bytes[place &+ 1] == UInt8(ascii: "."),
        bytes[place] &- UInt8(ascii: "0") < 10
      else { return read(bytes) }
      mantissa = UInt64(bytes[place] &- UInt8(ascii: "0"))
      place &+= 1
      return true
    }

    /// Reads as far as digits go; false where there could be too many, or too few bytes.
    @inline(__always)
    mutating func read(_ bytes: Span<UInt8>) -> Bool {
      while let word = eightBytes(bytes, at: place) {
        let digits = EightDigits(word)
        guard mantissa <= PlainDecimal.largestBefore[digits.count] else { return false }
        if digits.count < 8 {
          mantissa = mantissa &* PlainDecimal.powers[digits.count] &+ digits.value
          place &+= digits.count
          return true
        }
        mantissa = mantissa &* 100_000_000 &+ digits.whole
        place &+= 8
      }
      return false
    }
  }

  /// Divides by a power of ten, with 63 bits or more and a sticky last one, which is rounded once.
  @inline(__always)
  private static func magnitude(_ mantissa: UInt64, fraction: Int) -> Double {
    if fraction == 0 || mantissa == 0 { return Double(mantissa) }
    let divisor = powers[fraction]
    let (up, down) = (mantissa.leadingZeroBitCount, divisor.leadingZeroBitCount)
    let dividend = mantissa &<< UInt64(truncatingIfNeeded: up)
    let (quotient, rest) = divide(
      high: dividend &>> 1, low: dividend &<< 63,
      by: divisor &<< UInt64(truncatingIfNeeded: down), reciprocal: reciprocals[fraction])
    // A processor makes a Double of 63 bits, and only with a detour of 64.
    let bits = Int64(bitPattern: quotient &>> 1 | quotient & 1 | (rest == 0 ? 0 : 1))
    let power = UInt64(truncatingIfNeeded: 1023 - 62 &+ down &- up) &<< 52
    return Double(bits) * Double(bitPattern: power)
  }

  /// Divides exactly, with multiplications alone, by a divisor whose first bit is set and which is
  /// above `high` (Möller and Granlund 2011, algorithm 4).
  @inline(__always)
  private static func divide(
    high: UInt64, low: UInt64, by divisor: UInt64, reciprocal: UInt64
  ) -> (quotient: UInt64, rest: UInt64) {
    let product = reciprocal.multipliedFullWidth(by: high)
    let (fraction, carry) = product.low.addingReportingOverflow(low)
    let guess = product.high &+ high &+ (carry ? 2 : 1)
    let rest = low &- guess &* divisor
    // Half of the guesses are one too large, and hardly any is one too small.
    let excess: UInt64 = rest > fraction ? .max : 0
    let (quotient, remainder) = (guess &+ excess, rest &+ excess & divisor)
    return remainder < divisor ? (quotient, remainder) : (quotient &+ 1, remainder &- divisor)
  }

  /// Up to what 0 to 8 more digits still fit into 64 bits.
  private static let largestBefore: [UInt64] = [
    18_446_744_073_709_551_615, 1_844_674_407_370_955_160,
    184_467_440_737_095_515, 18_446_744_073_709_550,
    1_844_674_407_370_954, 184_467_440_737_094,
    18_446_744_073_708, 1_844_674_407_369, 184_467_440_736,
  ]

  private static let powers: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
    1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  /// 2^128 divided by each power, shifted until its first bit is set, less 2^64, rounded down.
  private static let reciprocals: [UInt64] = [
    0xFFFF_FFFF_FFFF_FFFF, 0x9999_9999_9999_9999, 0x47AE_147A_E147_AE14, 0x0624_DD2F_1A9F_BE76,
    0xA36E_2EB1_C432_CA57, 0x4F8B_588E_368F_0846, 0x0C6F_7A0B_5ED8_D36B, 0xAD7F_29AB_CAF4_8578,
    0x5798_EE23_08C3_9DF9, 0x12E0_BE82_6D69_4B2E, 0xB7CD_FD9D_7BDB_AB7D, 0x5FD7_FE17_9649_55FD,
    0x1979_9812_DEA1_1197, 0xC25C_2684_9768_1C26, 0x6849_B86A_12B9_B01E, 0x203A_F9EE_7561_59B2,
    0xCD2B_297D_889B_C2B6, 0x70EF_5464_6D49_6892, 0x2725_DD1D_243A_BA0E, 0xD83C_94FB_6D2A_C34A,
  ]
}
