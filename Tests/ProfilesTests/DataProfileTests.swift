import Profiles
import Testing

@Suite struct DataProfileTests {
  static let age = ProfileColumn(
    name: "age", kind: .number(edges: [18, 42.5]), counts: [3, 5, 2, 1],
    range: ValueRange(0, 120))
  static let color = ProfileColumn(
    name: "color", kind: .category(values: ["red", "green"]), counts: [4, 6, 1, 0],
    isOptional: true)

  @Test(arguments: [
    (age, ["below 18", "18 to 42.5", "42.5 or more", "missing"]),
    (color, ["red", "green", "others", "missing"]),
    (
      ProfileColumn(name: "x", kind: .vector(dimension: 3, edges: []), counts: [1, 0]),
      ["any", "missing"]
    ),
  ])
  func labels(column: ProfileColumn, expected: [String]) {
    #expect((0..<column.bins).map(column.label(ofBin:)) == expected)
  }

  @Test func rangesAreInOrder() {
    #expect(ValueRange(2, 1) == nil && ValueRange(.nan, 1) == nil)
    #expect(ValueRange(0, .infinity) == nil)
    #expect(ValueRange(1, 1)?.contains(1) == true)
    #expect(ValueRange(0, 1)?.contains(.nan) == false)
  }
}
