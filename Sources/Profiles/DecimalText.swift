/// A decimal number at the beginning of some bytes.
package struct DecimalText {
  package let value: Double
  /// The place behind its last byte.
  package let end: Int
}

extension DecimalText {
  /// Reads as far as a number goes; nil when none begins at `start`, or when it is not finite.
  ///
  /// The value is the nearest Double, as every correct parser has it. Nearly all numbers that
  /// programs print are plain ones; the others take their time.
  package init?(_ bytes: Span<UInt8>, from start: Int) {
    if let plain = PlainDecimal(bytes, from: start) {
      (value, end) = (plain.value, plain.end)
      return
    }
    guard let number = Self.slowly(bytes, from: start) else { return nil }
    self = number
  }

  @inline(never)
  private static func slowly(_ bytes: Span<UInt8>, from start: Int) -> DecimalText? {
    let scan = Scan(bytes, from: start)
    guard scan.hasDigits, let value = scan.value(of: bytes, from: start), value.isFinite else {
      return nil
    }
    return DecimalText(value: value, end: scan.place)
  }
}

/// The digits of any number as an integer and a power of ten, byte by byte.
private struct Scan {
  private(set) var place: Int
  private(set) var hasDigits = false
  private let isNegative: Bool
  private var mantissa: UInt64 = 0
  private var exponent = 0
  /// Whether there were more digits than fit into 64 bits.
  private var isCut = false

  /// 10 times this, and a digit, are still below 2^64.
  private static let largestMantissa: UInt64 = UInt64.max / 10 - 1

  init(_ bytes: Span<UInt8>, from start: Int) {
    place = start
    isNegative = start < bytes.count && bytes[start] == UInt8(ascii: "-")
    if isNegative || (start < bytes.count && bytes[start] == UInt8(ascii: "+")) { place += 1 }
    readDigits(bytes, shift: 0)
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      readDigits(bytes, shift: -1)
    }
    if hasDigits, place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      readExponent(bytes)
    }
  }

  private mutating func readDigits(_ bytes: Span<UInt8>, shift: Int) {
    var (at, sum, power) = (place, mantissa, exponent)
    while at < bytes.count {
      let digit = bytes[at] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      if sum <= Self.largestMantissa {
        sum = sum &* 10 &+ UInt64(digit)
        power &+= shift
      } else {
        isCut = isCut || digit > 0
        power &+= shift &+ 1
      }
      at &+= 1
    }
    hasDigits = hasDigits || at > place
    (place, mantissa, exponent) = (at, sum, power)
  }

  /// An "e" without digits behind it is none.
  private mutating func readExponent(_ bytes: Span<UInt8>) {
    var at = place + 1
    let sign = at < bytes.count ? bytes[at] : 0
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { at += 1 }
    let first = at
    var power = 0
    while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 {
      power = min(power * 10 + Int(bytes[at] - UInt8(ascii: "0")), 100_000)
      at += 1
    }
    guard at > first else { return }
    place = at
    exponent += sign == UInt8(ascii: "-") ? -power : power
  }

  func value(of bytes: Span<UInt8>, from start: Int) -> Double? {
    guard let magnitude = magnitude() else { return slowValue(of: bytes, from: start) }
    return isNegative && magnitude > 0 ? -magnitude : magnitude
  }

  /// Nil where one exact operation is not enough.
  private func magnitude() -> Double? {
    if isCut { return nil }
    if mantissa == 0 { return 0 }
    if mantissa <= 1 << 53, abs(exponent) <= 22 {
      // Both are exact, so that IEEE 754 rounds once (Clinger 1990).
      let power = Self.powers[abs(exponent)]
      return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }
    return nil
  }

  private func slowValue(of bytes: Span<UInt8>, from start: Int) -> Double? {
    let text = (start..<place).map { bytes[$0] }
    return Double(String(decoding: text, as: UTF8.self)).map { $0 == 0 ? 0 : $0 }
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
