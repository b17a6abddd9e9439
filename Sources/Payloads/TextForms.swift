package import Rollouts

// The few forms in which CloudEvents write bytes and times.

/// Returns the bytes of Base64 with or without its padding; nil when it is none.
func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
  let digits = text.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
  let padding = text.count - digits.count
  guard digits.count % 4 != 1, padding == 0 || (padding <= 2 && text.count % 4 == 0) else {
    return nil
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(digits.count * 3 / 4)
  var (bits, count): (UInt32, Int) = (0, 0)
  for digit in digits {
    guard let value = base64Value(digit) else { return nil }
    bits = bits << 6 | value
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}

private func base64Value(_ digit: UInt8) -> UInt32? {
  switch digit {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"): 62
  case UInt8(ascii: "/"): 63
  default: nil
  }
}

/// Replaces "%41" by "A", as CloudEvents in headers write what is not plain ASCII.
///
/// What is no such escape stays, and bytes that are not UTF-8 become replacement characters.
func percentDecoded(_ text: String) -> String {
  guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
  let bytes = Array(text.utf8)
  var decoded: [UInt8] = []
  var place = 0
  while place < bytes.count {
    if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
      let high = Character(Unicode.Scalar(bytes[place + 1])).hexDigitValue,
      let low = Character(Unicode.Scalar(bytes[place + 2])).hexDigitValue
    {
      decoded.append(UInt8(high * 16 + low))
      place += 3
    } else {
      decoded.append(bytes[place])
      place += 1
    }
  }
  return String(decoding: decoded, as: UTF8.self)
}

extension Instant {
  /// Reads "2026-09-24T10:11:12.345Z", or with an offset as "+02:00" (RFC 3339); nil for anything else.
  ///
  /// Less than a millisecond is cut off.
  package init?(timestamp text: String) {
    var reader = TimestampReader(bytes: Array(text.utf8))
    guard let day = reader.day(), reader.take(anyOf: "Tt "), let time = reader.time(),
      let offset = reader.offset(), reader.isAtEnd
    else { return nil }
    self.init(milliseconds: day * 86_400_000 + time - offset)
  }
}

/// Reads the parts of a timestamp, in milliseconds.
private struct TimestampReader {
  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  mutating func take(anyOf characters: StaticString) -> Bool {
    guard place < bytes.count else { return false }
    let isOne = (0..<characters.utf8CodeUnitCount).contains {
      characters.utf8Start[$0] == bytes[place]
    }
    place += isOne ? 1 : 0
    return isOne
  }

  /// Reads so many digits as a number in a range.
  private mutating func number(_ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
    guard place + digits <= bytes.count else { return nil }
    var number: Int64 = 0
    for byte in bytes[place..<place + digits] {
      guard case let digit = byte &- UInt8(ascii: "0"), digit < 10 else { return nil }
      number = number * 10 + Int64(digit)
    }
    place += digits
    return range.contains(number) ? number : nil
  }

  /// Days since 1970, by the algorithm `days_from_civil` of Howard Hinnant: the year begins in March,
  /// so that its last month is the one that varies.
  mutating func day() -> Int64? {
    guard let year = number(4, 0...9999), take(anyOf: "-"), let month = number(2, 1...12),
      take(anyOf: "-"), let day = number(2, 1...Self.days(of: month, year))
    else { return nil }
    let shifted = month > 2 ? year : year - 1 + 400
    let (century, ofCentury) = (shifted / 100, shifted % 100)
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let past = century / 4 * 146_097 + century % 4 * 36_524 + ofCentury * 365 + ofCentury / 4
    return past + ofYear - 719_468 - (month > 2 ? 0 : 146_097)
  }

  private static func days(of month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The time of day; a leap second is the second after it.
  mutating func time() -> Int64? {
    guard let hour = number(2, 0...23), take(anyOf: ":"), let minute = number(2, 0...59),
      take(anyOf: ":"), let second = number(2, 0...60), let fraction = fraction()
    else { return nil }
    return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
  }

  private mutating func fraction() -> Int64? {
    guard take(anyOf: ".") else { return 0 }
    var (milliseconds, weight): (Int64, Int64) = (0, 100)
    guard place < bytes.count, let first = number(1, 0...9) else { return nil }
    milliseconds = first * weight
    while place < bytes.count, let digit = number(1, 0...9) {
      weight /= 10
      milliseconds += digit * weight
    }
    return milliseconds
  }

  mutating func offset() -> Int64? {
    if take(anyOf: "Zz") { return 0 }
    let isWest = place < bytes.count && bytes[place] == UInt8(ascii: "-")
    guard take(anyOf: "+-"), let hours = number(2, 0...23), take(anyOf: ":"),
      let minutes = number(2, 0...59)
    else { return nil }
    let size = (hours * 60 + minutes) * 60_000
    return isWest ? -size : size
  }
}
