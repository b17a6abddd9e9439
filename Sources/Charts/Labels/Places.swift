/// Where labels go that would otherwise lie on one another.
enum Places {
  /// Returns heights as near to the wanted ones as can be, at least `gap` apart and within
  /// `limits`.
  ///
  /// Labels that push each other move as one block around the mean of what they want, which moves
  /// them least altogether (pool adjacent violators).
  static func spread(
    _ wanted: [Double], gap: Double, within limits: ClosedRange<Double>
  ) -> [Double] {
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    var blocks: [(sum: Double, count: Int)] = []
    for (place, index) in order.enumerated() {
      var block = (sum: wanted[index] - Double(place) * gap, count: 1)
      while let last = blocks.last,
        last.sum / Double(last.count) > block.sum / Double(block.count)
      {
        block = (last.sum + block.sum, last.count + block.count)
        blocks.removeLast()
      }
      blocks.append(block)
    }
    let room = max(limits.lowerBound, limits.upperBound - Double(wanted.count - 1) * gap)
    let bases = blocks.flatMap { Array(repeating: $0.sum / Double($0.count), count: $0.count) }
    var result = wanted
    for (place, index) in order.enumerated() {
      result[index] = min(max(bases[place], limits.lowerBound), room) + Double(place) * gap
    }
    return result
  }

  /// Returns a row, from 0 at the top, for each of `labels`, which ascend; nil where none is free.
  ///
  /// A label stands right of its line, and lines go down from their label. So a label must clear
  /// those before it in its own row and in every row below, which its line crosses.
  static func rows(_ labels: [(start: Double, end: Double)], rows: Int) -> [Int?] {
    var ends = [Double](repeating: -.infinity, count: rows)
    return labels.map { label in
      let row = (ends.lastIndex { $0 > label.start } ?? -1) + 1
      guard row < rows else { return nil }
      ends[row] = label.end
      return row
    }
  }
}
