import Foundation
package import Rollouts

/// A day in UTC, counted from 1970-01-01; in text "2026-09-24".
package struct Day: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let number: Int

  private static let seconds: Int64 = 86_400

  package init(number: Int) { self.number = number }

  /// The day of a moment.
  package init(of moment: Instant) {
    let seconds = moment.wholeSeconds
    number = Int(seconds >= 0 ? seconds / Self.seconds : (seconds + 1) / Self.seconds - 1)
  }

  /// Reads "2026-09-24"; nil when it is anything else.
  package init?(_ text: String) {
    guard let date = try? Date("\(text)T00:00:00Z", strategy: .iso8601) else { return nil }
    self.init(of: Instant(milliseconds: Int64(date.timeIntervalSince1970) * 1000))
    guard description == text else { return nil }
  }

  /// Its first moment.
  package var beginning: Instant {
    Instant(milliseconds: Int64(number) * Self.seconds * 1000)
  }

  package var next: Day { Day(number: number + 1) }
  package var previous: Day { Day(number: number - 1) }

  package var description: String { String(beginning.iso8601.prefix(10)) }

  package static func < (left: Day, right: Day) -> Bool { left.number < right.number }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let day = Day(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no day")
    }
    self = day
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
