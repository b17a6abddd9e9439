/// One numbered bin and how often it was hit.
package struct Bin: Equatable, Sendable {
  package let index: Int
  package fileprivate(set) var count: Int

  package init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }
}

/// Counts by the number of a bin: only bins that were hit, in ascending order.
///
/// Whole numbers and a single form for the same content, so that sums are exact and come out alike
/// in whatever order they are made. Memory follows the bins that were hit, not the distance between
/// them, which may come from outside.
package struct Bins: Equatable, Sendable {
  package private(set) var hit: [Bin] = []

  /// The largest number of observations: the integers that a Double holds exactly.
  package static let largestTotal = 1 << 53

  package init() {}

  /// Creates the sum of `bins`, which come in any order; nil when a count is negative, or when
  /// together they are more than `largestTotal`.
  package init?(_ bins: [Bin]) {
    var total = 0
    for bin in bins {
      guard (0...Self.largestTotal - total).contains(bin.count) else { return nil }
      total += bin.count
    }
    self.init(summing: bins)
  }

  private init(summing bins: [Bin]) {
    for bin in bins.sorted(by: { $0.index < $1.index }) where bin.count > 0 {
      if let last = hit.indices.last, hit[last].index == bin.index {
        hit[last].count += bin.count
      } else {
        hit.append(bin)
      }
    }
  }

  package var total: Int { hit.reduce(0) { $0 + $1.count } }

  /// Returns how many observations are in bins that satisfy `condition`.
  package func total(where condition: (_ index: Int) -> Bool) -> Int {
    hit.reduce(0) { condition($1.index) ? $0 + $1.count : $0 }
  }

  /// Returns the bin of the observation at `rank` in ascending order, from 0; nil beyond the last.
  package func index(atRank rank: Int) -> Int? {
    var passed = 0
    for bin in hit {
      passed += bin.count
      if rank < passed { return bin.index }
    }
    return nil
  }

  package mutating func add(_ count: Int, at index: Int) {
    let place = firstPlace(notBelow: index)
    if place < hit.count, hit[place].index == index {
      hit[place].count += count
    } else {
      hit.insert(Bin(index: index, count: count), at: place)
    }
  }

  package static func + (left: Bins, right: Bins) -> Bins { Bins(summing: left.hit + right.hit) }

  /// Returns the same observations in bins twice as wide, `times` times over.
  package func halved(times: Int) -> Bins {
    Bins(summing: hit.map { Bin(index: $0.index >> times, count: $0.count) })
  }

  /// Takes the bins up to `index` out, and returns how many observations they held.
  package mutating func removeThrough(_ index: Int) -> Int {
    let low = hit.prefix(firstPlace(notBelow: index + 1))
    hit.removeFirst(low.count)
    return low.reduce(0) { $0 + $1.count }
  }

  /// Collapses the lowest bins into one, so that at most `span` numbers are in use.
  ///
  /// What is collapsed depends on the highest bin alone, and never on the order of the
  /// observations.
  package mutating func collapseLowest(keeping span: Int) {
    guard let first = hit.first?.index, let last = hit.last?.index, last - first >= span else {
      return
    }
    let floor = last - span + 1
    add(removeThrough(floor - 1), at: floor)
  }

  private func firstPlace(notBelow index: Int) -> Int {
    var range = hit.indices
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = hit[middle].index < index ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}

extension Bins: Codable {
  package init(from decoder: any Decoder) throws {
    let numbers = try decoder.singleValueContainer().decode([Int].self)
    let bins = stride(from: 0, to: numbers.count - 1, by: 2).map {
      Bin(index: numbers[$0], count: numbers[$0 + 1])
    }
    guard numbers.count % 2 == 0, let sum = Bins(bins), sum.hit == bins else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not counts by ascending bins"))
    }
    self = sum
  }

  /// Encodes index and count in turn, ascending: the shortest form that a person can still read.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hit.flatMap { [$0.index, $0.count] })
  }
}
