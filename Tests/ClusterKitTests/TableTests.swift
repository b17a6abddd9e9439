import Testing

@testable import ClusterKit

/// What kubectl shows of objects, beside their fields.
@Suite struct TableTests {
  /// Two units at most, and one where the second would be noise.
  @Test(
    arguments: zip(
      [
        "00:00:00", "00:01:59", "00:02:00", "00:09:59", "00:10:30", "02:59:59", "03:00:00",
        "07:59:00", "08:01:00", "23:59:59",
      ], ["0s", "119s", "2m", "9m59s", "10m", "179m", "3h", "7h59m", "8h", "23h"]))
  func agesAreShort(time: String, age: String) {
    #expect(Table.age(from: "2026-11-30T00:00:00Z", to: "2026-11-30T\(time)Z") == age)
  }

  @Test(arguments: [("12-02", "2d"), ("12-08", "8d"), ("12-25", "25d")])
  func daysAreCounted(date: String, age: String) {
    #expect(Table.age(from: "2026-11-30T00:00:00Z", to: "2026-\(date)T00:00:00Z") == age)
  }

  @Test func whatIsNoTimeHasNoAge() {
    #expect(Table.age(from: "", to: "2026-11-30T00:00:00Z") == "<unknown>")
  }
}
