import Encoding
import Randomness
import Testing

@testable import Ledger

/// Columns say the same as the rows that they are made of.
@Suite struct LookColumnsTests {
  @Test(arguments: UInt64(0)..<200)
  func rowsAreReadAsWritten(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var looks: [JSONValue] = []
    for _ in 0..<20 { looks += Self.looks(&random) }
    #expect(unfolded(LookColumns.fold(looks.map { WrittenLook(json: $0) })) == looks)
  }

  private func unfolded(_ values: [JSONValue]) -> [JSONValue]? {
    LookColumns.unfold(values)?.map(\.json)
  }

  /// Some looks that are alike, and now and then one that no column can hold.
  private static func looks(_ random: inout SplitMix64) -> [JSONValue] {
    if random.happens(onceIn: 5) { return [["at": .number(5)]] }
    let (width, every) = (Int(random.next() % 6), random.happens(onceIn: 2) ? 500 : 5000)
    return (0..<random.next() % 12).map { _ in
      let counts = (0..<width).map { _ in
        random.happens(onceIn: 3) ? Int(random.next() % 300) : 0
      }
      let hostile = random.happens(onceIn: 20) ? [-1] : []
      return .array(([every] + counts + hostile).map { .number($0) })
    }
  }

  @Test func columnsAreShort() {
    let rows: [JSONValue] = [[5000, 249, 0], [5000, 235, 0], [5000, 243, 1], [5000, 234, 0]]
    let columns: JSONValue = [
      "columns": [[249, 235, 243, 234], [-2, 1, -1]], "count": 4, "every": 5000,
    ]
    let looks = rows.map { WrittenLook(json: $0) }
    #expect(LookColumns.fold(looks) == [columns])
    #expect(LookColumns.fold(looks.dropLast()) == Array(rows.dropLast()))
  }

  /// Longer rows than a journal keeps are several objects.
  @Test func manyLooks() {
    let looks = [WrittenLook](repeating: .row(LookRow([5000, 1])), count: 2050)
    let folded = LookColumns.fold(looks)
    #expect(folded.count == 4 && LookColumns.unfold(folded) == looks)
    #expect(LookColumns.unfold([JSONValue](repeating: folded[0], count: 65)) == nil)
  }

  @Test(
    arguments: [
      ["columns": [[1, 2]], "count": 3, "every": 5000],
      ["columns": [[1, 2, 3, 4]], "count": 3, "every": 5000],
      ["columns": [[1, -3]], "count": 3, "every": 5000],
      ["columns": [[1, 0, 2]], "count": 3, "every": 5000],
      ["columns": [["1", 2, 3]], "count": 3, "every": 5000],
      ["columns": [7], "count": 3, "every": 5000], ["columns": 7, "count": 3, "every": 5000],
      ["columns": [], "count": 0, "every": 5000], ["columns": [], "count": 1025, "every": 5000],
      ["columns": [[-3]], "count": 3, "every": "5000"], ["columns": [[-3]], "count": 3],
      ["columns": [[-3]], "count": 3, "every": 5000, "at": 5],
    ] as [JSONValue])
  func whatMakesNoRowsIsRefused(value: JSONValue) {
    #expect(LookColumns.unfold([value]) == nil)
  }
}
