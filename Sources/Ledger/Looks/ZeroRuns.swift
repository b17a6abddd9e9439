// Numbers that are mostly zeros, of which a row of k is written as -k.

extension [Int] {
  /// The numbers with rows of zeros counted; none of them may be negative.
  var countingZeros: [Int] {
    var row: [Int] = []
    for number in self {
      if number > 0 {
        row.append(number)
      } else if let last = row.last, last < 0 {
        row[row.count - 1] = last - 1
      } else {
        row.append(-1)
      }
    }
    return row
  }
}

extension RandomAccessCollection where Element == Int, Index == Int {
  /// Takes `count` numbers of at most `largest` that `countingZeros` wrote, and moves behind them.
  ///
  /// - Returns: nil when they are none.
  func numbers(_ count: Int, at place: inout Int, upTo largest: Int) -> [Int]? {
    var numbers: [Int] = []
    numbers.reserveCapacity(count)
    while numbers.count < count {
      guard place < endIndex, self[place] != 0,
        (numbers.count - count...largest).contains(self[place])
      else { return nil }
      if self[place] > 0 {
        numbers.append(self[place])
      } else {
        numbers.append(contentsOf: repeatElement(0, count: -self[place]))
      }
      place += 1
    }
    return numbers
  }
}
