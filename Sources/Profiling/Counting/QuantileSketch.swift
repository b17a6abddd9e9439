/// The distribution of any number of values, in constant memory.
///
/// Exact until `capacity` values were pushed; then it is the sketch of Karnin, Lang and Liberty
/// (2016). When there is no room, a level is sorted and every second value goes up, where it counts
/// twice as much. With the usual 65,536 values, ranks of a billion are wrong by less than a thousandth
/// of all values. The same values in the same order give the same sketch.
package struct QuantileSketch: Sendable {
  /// How many values are held at most.
  let capacity: Int
  private(set) var count = 0
  /// Values that count once, in the order in which they came.
  private var newest: [Double] = []
  /// Values that count 2, 4, 8, … times, each level ascending.
  private var levels: [[Double]] = []
  /// How many there is room for before something has to go up.
  private var room: Int
  private var coins: UInt64 = 0x5EED
  private var least = Double.infinity
  private var largest = -Double.infinity

  package init(capacity: Int) {
    precondition(capacity >= 64, "a sketch of \(capacity) values")
    self.capacity = capacity
    room = capacity
  }

  /// Takes a finite number.
  package mutating func push(_ value: Double) {
    count &+= 1
    newest.append(value)
    if newest.count == room { makeRoom() }
  }

  private mutating func makeRoom() {
    sortNewest()
    newest = promote(newest, to: 0)
    while levels.reduce(0, { $0 + $1.count }) > capacity / 2 {
      guard let level = levels.indices.first(where: { levels[$0].count >= share(of: $0) }) else {
        break
      }
      levels[level] = promote(levels[level], to: level + 1)
    }
    room = capacity - levels.reduce(0) { $0 + $1.count }
  }

  /// The values a level may hold: two thirds of the one above it, together half of all.
  private func share(of level: Int) -> Int {
    let top = (level..<levels.count - 1).reduce(Double(capacity) / 6) { size, _ in size * 2 / 3 }
    return max(8, Int(top))
  }

  private mutating func sortNewest() {
    sortAscending(&newest)
    least = min(least, newest.first ?? least)
    largest = max(largest, newest.last ?? largest)
  }

  /// Lets every second of ascending values go up, and returns what stays: one value of an odd number.
  private mutating func promote(_ values: [Double], to level: Int) -> [Double] {
    if level == levels.count { levels.append([]) }
    let isOdd = values.count % 2
    // Knuth's linear congruential generator: the highest bit is fair.
    coins = coins &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let chosen = stride(from: isOdd + Int(coins >> 63), to: values.count, by: 2).map { values[$0] }
    levels[level] = merged(levels[level], chosen)
    return Array(values.prefix(isOdd))
  }

  private func merged(_ left: [Double], _ right: [Double]) -> [Double] {
    var (all, next) = ([Double](), 0)
    all.reserveCapacity(left.count + right.count)
    for value in left {
      while next < right.count, right[next] < value {
        all.append(right[next])
        next += 1
      }
      all.append(value)
    }
    all += right[next...]
    return all
  }

  /// The least and the largest value, exactly; nil without values.
  package mutating func extremes() -> (least: Double, largest: Double)? {
    sortNewest()
    return count == 0 ? nil : (least, largest)
  }

  /// Returns the distinct values ascending and how often each was seen, together `count` times.
  package mutating func runs() -> [Run] {
    sortNewest()
    return levels.indices.reduce(Self.runs(newest, weight: 1)) { runs, level in
      Self.merged(runs, Self.runs(levels[level], weight: 2 << level))
    }
  }

  /// Equal values that stand side by side.
  package struct Run: Equatable, Sendable {
    package let value: Double
    package fileprivate(set) var count: Int
  }

  private static func runs(_ values: [Double], weight: Int) -> [Run] {
    var runs: [Run] = []
    runs.reserveCapacity(values.count)
    for value in values { append(Run(value: value, count: weight), to: &runs) }
    return runs
  }

  private static func merged(_ left: [Run], _ right: [Run]) -> [Run] {
    var (all, next) = ([Run](), 0)
    all.reserveCapacity(left.count + right.count)
    for run in left {
      while next < right.count, right[next].value < run.value {
        append(right[next], to: &all)
        next += 1
      }
      append(run, to: &all)
    }
    for run in right[next...] { append(run, to: &all) }
    return all
  }

  private static func append(_ run: Run, to runs: inout [Run]) {
    if let last = runs.indices.last, runs[last].value == run.value {
      runs[last].count += run.count
    } else {
      runs.append(run)
    }
  }
}
