/// A part of each day, by a clock that is always so far from UTC.
///
/// There is no database of time zones here: whoever replays a record in ten years must find the same hours, and what a
/// place does with its clocks in summer is law, which changes.
package struct Hours: Hashable, Sendable {
  /// When they begin.
  package let from: TimeOfDay
  /// When they end, which is no more part of them; earlier than `from` where they go over midnight.
  package let to: TimeOfDay
  /// How far the clock is from UTC; nil is not at all.
  package let offset: UTCOffset?

  /// - Returns: nil when they begin and end at one time: nobody could say whether that is always or never.
  package init?(from: TimeOfDay, to: TimeOfDay, offset: UTCOffset? = nil) {
    guard from != to else { return nil }
    self.from = from
    self.to = to
    self.offset = offset?.minutes == 0 ? nil : offset
  }

  /// Whether a moment lies in them.
  package func contains(_ moment: Instant) -> Bool {
    let now = TimeOfDay(moment, offset)
    return from < to ? from <= now && now < to : from <= now || now < to
  }
}

extension Hours: Codable {
  private enum CodingKeys: CodingKey { case from, to, offset }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let hours = Hours(
      from: try values.decode(TimeOfDay.self, forKey: .from),
      to: try values.decode(TimeOfDay.self, forKey: .to),
      offset: try values.decodeIfPresent(UTCOffset.self, forKey: .offset))
    guard let hours else {
      throw DecodingError.dataCorruptedError(forKey: .to, in: values, debugDescription: "no hours")
    }
    self = hours
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(from, forKey: .from)
    try values.encode(to, forKey: .to)
    try values.encodeIfPresent(offset, forKey: .offset)
  }
}

/// A minute of any day: "22:00".
package struct TimeOfDay: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Since midnight, 0 to 1439.
  package let minutes: Int

  /// - Returns: nil unless the text is two digits of hours up to 23, a colon, and two of minutes up to 59.
  package init?(_ text: String) {
    guard let minutes = text.utf8.clockMinutes, minutes < Self.minutesOfDay else { return nil }
    self.minutes = minutes
  }

  /// Tells what a clock shows at a moment that is so far from UTC.
  init(_ moment: Instant, _ offset: UTCOffset?) {
    let minute = Int(moment.milliseconds.dividedDown(by: 60_000)) + (offset?.minutes ?? 0)
    minutes = minute - minute.dividedDown(by: Self.minutesOfDay) * Self.minutesOfDay
  }

  private static let minutesOfDay = 24 * 60

  package static func < (left: TimeOfDay, right: TimeOfDay) -> Bool { left.minutes < right.minutes }

  package var description: String { minutes.clockText }
}

/// How far a clock is from UTC: "+02:00".
package struct UTCOffset: Hashable, Sendable, CustomStringConvertible {
  /// Minutes ahead of UTC, -840 to 840: no clock is farther.
  package let minutes: Int

  /// - Returns: nil unless the text is a sign, two digits of hours, a colon, and two of minutes, at most 14 hours.
  package init?(_ text: String) {
    guard let sign = text.utf8.first, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign),
      let minutes = text.utf8.dropFirst().clockMinutes, minutes <= Self.mostMinutes
    else { return nil }
    self.minutes = sign == UInt8(ascii: "-") ? -minutes : minutes
  }

  private static let mostMinutes = 14 * 60

  package var description: String { (minutes < 0 ? "-" : "+") + abs(minutes).clockText }
}

extension TimeOfDay: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.spelt(TimeOfDay.init)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension UTCOffset: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.spelt(UTCOffset.init)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Decoder {
  /// Reads what is recorded as a person writes it.
  fileprivate func spelt<Value>(_ read: (String) -> Value?) throws -> Value {
    let container = try singleValueContainer()
    guard let value = read(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no \(Value.self)")
    }
    return value
  }
}

extension Collection<UInt8> {
  /// The minutes of "hh:mm", whose minutes are less than 60; nil for any other text.
  fileprivate var clockMinutes: Int? {
    let digits = filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      .map { Int($0 - UInt8(ascii: "0")) }
    let bytes = Array(self)
    guard bytes.count == 5, digits.count == 4, bytes[2] == UInt8(ascii: ":"), digits[2] < 6 else {
      return nil
    }
    return (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
  }
}

extension Int {
  /// Minutes as "hh:mm".
  fileprivate var clockText: String {
    [self / 60, self % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
  }
}

extension BinaryInteger {
  /// The quotient, rounded down also below zero.
  fileprivate func dividedDown(by divisor: Self) -> Self {
    let quotient = self / divisor
    return self < 0 && quotient * divisor != self ? quotient - 1 : quotient
  }
}
