import Foundation
import Rollouts
import Testing

/// Which moments lie in the hours of a day.
@Suite struct HoursTests {
  private static func hours(_ from: String, _ to: String, _ offset: String? = nil) throws -> Hours {
    let ahead = offset.flatMap(UTCOffset.init)
    #expect((ahead == nil) == (offset == nil))
    let (from, to) = (try #require(TimeOfDay(from)), try #require(TimeOfDay(to)))
    return try #require(Hours(from: from, to: to, offset: ahead))
  }

  /// The end is no more part of them, midnight is nothing special, and the day is that of the clock.
  @Test(
    arguments: [
      ("22:00", "06:00", nil, [1320, 1439, 0, 359], [1319, 360, 720]),
      ("00:00", "12:00", nil, [0, 719], [720, 1439]),
      ("12:00", "00:00", nil, [720, 1439], [0, 719]),
      ("22:00", "06:00", "+02:00", [1200, 1439, 0, 239], [1199, 240]),
      ("01:00", "02:00", "+14:00", [660, 719], [659, 720, 60]),
      ("23:30", "00:30", "-03:30", [180, 239], [179, 240, 1410]),
      ("22:00", "06:00", "+00:00", [1320], [1319]),
    ] as [(String, String, String?, [Int], [Int])])
  func hoursOfADay(
    from: String, to: String, offset: String?, within: [Int], outside: [Int]
  ) throws {
    let hours = try Self.hours(from, to, offset)
    for day in [-3, 0, 20_720] {
      for (minutes, isWithin) in [(within, true), (outside, false)] {
        for minute in minutes {
          let start = (Int64(day) * 1440 + Int64(minute)) * 60_000
          for moment in [start, start + 59_999].map({ Instant(milliseconds: $0) }) {
            #expect(hours.contains(moment) == isWithin, "minute \(minute) of day \(day)")
          }
        }
      }
    }
  }

  /// Of each day they have as many minutes as there are from their beginning to their end.
  @Test func hoursAreAsLongAsTheySay() throws {
    for (from, to) in [
      ("00:00", "00:01"), ("00:01", "00:00"), ("23:59", "00:00"), ("07:10", "19:05"),
    ] {
      for offset in ["-14:00", "-00:01", "+05:45", "+14:00"] {
        let hours = try Self.hours(from, to, offset)
        let minutes = (0..<1440).count { hours.contains(Instant(milliseconds: $0 * 60_000)) }
        #expect(minutes == (hours.to.minutes - hours.from.minutes + 1440) % 1440)
      }
    }
  }

  @Test func hoursAreReadBack() throws {
    for offset in [nil, "+02:00", "-09:30"] {
      let hours = try Self.hours("22:00", "06:05", offset)
      let text = try JSONEncoder().encode(hours)
      #expect(try JSONDecoder().decode(Hours.self, from: text) == hours)
      let read = try JSONDecoder().decode([String: String].self, from: text)
      #expect(read == ["from": "22:00", "to": "06:05", "offset": offset].compactMapValues(\.self))
    }
  }

  /// What is no time of any clock is refused, also where a record is read.
  @Test(arguments: [
    "24:00", "12:60", "1:00", "12:0", "12.00", "-1:00", "1200", "", "12:00:00", " 2:00", "１２:00",
  ])
  func otherTimesAreRefused(text: String) {
    #expect(TimeOfDay(text) == nil)
    let record = Data(#"{"from":"\#(text)","to":"06:00"}"#.utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Hours.self, from: record) }
  }

  @Test(arguments: [
    "02:00", "+2:00", "+14:01", "-15:00", "+12:60", "UTC", "Z", "", "+", "Europe/Berlin",
  ])
  func otherOffsetsAreRefused(text: String) {
    #expect(UTCOffset(text) == nil)
  }

  /// Whether hours without length are always or never, nobody can say.
  @Test func hoursHaveALength() throws {
    let time = try #require(TimeOfDay("06:00"))
    #expect(Hours(from: time, to: time) == nil)
    let record = Data(#"{"from":"06:00","to":"06:00"}"#.utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Hours.self, from: record) }
  }
}
