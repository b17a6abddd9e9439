/// Ranges that hold about as many values each.
struct QuantileBins: Equatable {
  let edges: [Double]
  /// Of each range: one more than there are edges.
  let counts: [Int]

  /// Cuts ascending values into at most `bins` ranges.
  ///
  /// Equal values are never parted: a cut goes to the nearer end of their run, so that a value as
  /// frequent as zero often is has a range of its own.
  init(_ runs: [QuantileSketch.Run], bins: Int) {
    let ends = runs.reduce(into: []) { $0.append(($0.last ?? 0) + $1.count) }
    let total = ends.last ?? 0
    var cuts: [Int] = []
    for part in 1..<max(bins, 1) {
      let cut = Self.nearest(to: Double(total) * Double(part) / Double(bins), in: ends)
      if cut < ends.count, cut > cuts.last ?? 0 { cuts.append(cut) }
    }
    edges = cuts.map { shortestDecimal(above: runs[$0 - 1].value, upTo: runs[$0].value) }
    let passed = [0] + cuts.map { ends[$0 - 1] } + [total]
    counts = zip(passed, passed.dropFirst()).map { $1 - $0 }
  }

  /// Returns before which run, from 0 to their number, about `rank` values have passed.
  private static func nearest(to rank: Double, in ends: [Int]) -> Int {
    var range = ends.startIndex..<ends.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        Double(ends[middle]) < rank
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    let run = range.lowerBound
    guard run < ends.count else { return run }
    let before = Double(run == 0 ? 0 : ends[run - 1])
    return rank - before < Double(ends[run]) - rank ? run : run + 1
  }
}

/// Returns the number with the fewest decimal digits in (`low`, `high`], which are finite: what a
/// person would have chosen between two values.
func shortestDecimal(above low: Double, upTo high: Double) -> Double {
  if low < 0, high >= 0 { return 0 }
  // From the power of ten of the larger end down; none further than doubles have digits.
  var exponent = -22
  while exponent < 22, power(exponent + 1) <= max(abs(low), abs(high)) { exponent += 1 }
  for step in stride(from: exponent, through: max(exponent - 17, -22), by: -1) {
    let scaled = step < 0 ? high * power(-step) : high / power(step)
    guard abs(scaled) < 0x1p53 else { break }
    let digits = scaled.rounded(.down)
    let value = step < 0 ? digits / power(-step) : digits * power(step)
    if value > low, value <= high { return value == 0 ? 0 : value }
  }
  return high
}

/// A power of ten, which up to 22 is exact.
private func power(_ exponent: Int) -> Double {
  let power = (0..<abs(exponent)).reduce(1.0) { power, _ in power * 10 }
  return exponent < 0 ? 1 / power : power
}
