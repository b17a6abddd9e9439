import Encoding
import Rollouts

/// Short looks that follow each other at one interval, told column by column.
///
///     [5000,249,0,0,0],[5000,235,0,0,2],[5000,243,1,0,0]
///     {"columns":[[249,235,243],[-2,1],[-3],[-1,2,-1]],"count":3,"every":5000}
///
/// The two say the same. Most columns are almost nothing but zeros, which rows scatter: git keeps
/// columns in three quarters of the bytes.
enum LookColumns {
  /// Fewer are shorter as rows.
  private static let fewest = 4
  /// More than a journal keeps, and little enough that nothing short can stand for much memory.
  private static let most = 1024
  /// The most looks that all columns of a replay hold together.
  private static let mostOfAll = 1 << 16
  private static let largest = SampleCounts.largestPlain
  /// What is wider grows as its columns are read, so that what is none takes no memory.
  private static let mostReserved = 128

  // MARK: Writing

  /// Puts rows together wherever there are enough of them that can be.
  static func fold(_ looks: [WrittenLook]) -> [JSONValue] {
    var folded: [JSONValue] = []
    var next = looks.startIndex
    while next < looks.endIndex {
      let rows = looks[next...].prefix(most).lazy.map(\.plainRow).prefixWhileAlike()
      let end = next + max(1, rows.count)
      folded += rows.count >= fewest ? [columns(rows)] : looks[next..<end].map(\.json)
      next = end
    }
    return folded
  }

  private static func columns(_ rows: [LookRow]) -> JSONValue {
    let columns = rows[0].indices.dropFirst().map { column in
      JSONValue.array(rows.map { $0[column] }.countingZeros.map { .number($0) })
    }
    return [
      "columns": .array(columns), "count": .number(rows.count), "every": .number(rows[0][0]),
    ]
  }

  // MARK: Reading

  /// - Returns: nil when columns do not make rows.
  static func unfold(_ values: [JSONValue]) -> [WrittenLook]? {
    var looks: [WrittenLook] = []
    for value in values {
      guard value["columns"] != nil else {
        looks.append(WrittenLook(json: value))
        continue
      }
      guard let rows = rows(value), looks.count + rows.count <= mostOfAll else { return nil }
      looks += rows.lazy.map { .row($0) }
    }
    return looks
  }

  private static func rows(_ value: JSONValue) -> [LookRow]? {
    guard case .object(let members) = value, members.count == 3,
      case .array(let columns)? = members["columns"], let every = members["every"]?.integer,
      let count = members["count"]?.integer, (1...most).contains(count)
    else { return nil }
    var numbers = [Int](repeating: every, count: count)
    numbers.reserveCapacity(count * min(columns.count + 1, mostReserved))
    for column in columns {
      var place = 0
      guard let items = column.integers,
        let column = items.numbers(count, at: &place, upTo: largest), place == items.count
      else { return nil }
      numbers += column
    }
    return (0..<count).map { LookRow(line: $0, of: count, in: numbers) }
  }
}

extension WrittenLook {
  /// The numbers of a short look, when columns can hold them.
  fileprivate var plainRow: LookRow? {
    guard case .row(let row) = self, row.count > 1,
      row.allSatisfy((0...SampleCounts.largestPlain).contains)
    else { return nil }
    return row
  }
}

extension Sequence where Element == LookRow? {
  /// The first ones that are as wide, and as long after the look before, as the very first.
  fileprivate func prefixWhileAlike() -> [LookRow] {
    var rows: [LookRow] = []
    for row in self {
      guard let row else { break }
      if let first = rows.first, row.count != first.count || row[0] != first[0] { break }
      rows.append(row)
    }
    return rows
  }
}
