import Analysis

/// What captured requests to one revision came to, slice by slice.
///
/// Each request is in one slice: that of its value, or the one of all others together. The names are clients' texts:
/// they are shown, and nothing is read from them.
package struct SlicedCounts: Equatable, Sendable, Codable {
  /// Which slices there are, and how their latencies are counted.
  package struct Shape: Equatable, Sendable, Codable {
    /// The values that are told apart, in the order in which they came.
    package let names: [String]
    /// The edges of the latencies in milliseconds, ascending.
    package let edges: [Int]

    /// - Returns: nil for what no intake says.
    package init?(names: [String], edges: [Int]) {
      guard names.count <= Slices.most, names.allSatisfy(Slices.isName),
        Set(names).count == names.count, edges.count <= Self.mostEdges, edges.isAscending
      else { return nil }
      (self.names, self.edges) = (names, edges)
    }

    /// More latencies than a manifest can promise.
    private static let mostEdges = 1000

    /// Requests, errors, and the latencies by bucket.
    package var rowWidth: Int { edges.count + 3 }
    /// How many integers there are in all.
    package var width: Int { (names.count + 1) * rowWidth }
  }

  package let shape: Shape
  /// A row for all others together, then one for each name.
  package let integers: [Int]

  /// - Returns: nil when there are not as many integers as the shape has.
  package init?(shape: Shape, integers: [Int]) {
    guard integers.count == shape.width else { return nil }
    (self.shape, self.integers) = (shape, integers)
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let shape = try values.decode(Shape.self, forKey: .shape)
    let integers = try values.decode([Int].self, forKey: .integers)
    guard let shape = Shape(names: shape.names, edges: shape.edges),
      let counts = SlicedCounts(shape: shape, integers: integers)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .integers, in: values, debugDescription: "no counts of slices")
    }
    self = counts
  }

  /// Returns what was counted of a value; nothing when it is not told apart.
  package func counts(of name: String) -> Counts {
    shape.names.firstIndex(of: name).map { counts(at: $0 + 1) } ?? .none
  }

  /// Returns what was counted of all requests but those of `names`.
  package func others(than names: [String]) -> Counts {
    shape.names.indices.reduce(counts(at: 0)) { sum, index in
      names.contains(shape.names[index]) ? sum : sum.adding(counts(at: index + 1))
    }
  }

  private func counts(at index: Int) -> Counts {
    let row = integers[(index * shape.rowWidth)...].prefix(shape.rowWidth)
    return Counts(
      requests: row[row.startIndex], errors: row[row.startIndex + 1],
      latency: Histogram(edges: shape.edges, counts: Array(row.dropFirst(2))))
  }

  /// Returns what was counted since `earlier`; everything when that has other slices, or when any count
  /// went back.
  ///
  /// A slice that came meanwhile began from nothing.
  package func since(_ earlier: SlicedCounts?) -> SlicedCounts {
    guard let earlier, earlier.shape.edges == shape.edges,
      shape.names.starts(with: earlier.shape.names)
    else { return self }
    let before = earlier.integers + Array(repeating: 0, count: shape.width - earlier.shape.width)
    guard zip(integers, before).allSatisfy({ $0 >= $1 }),
      let difference = SlicedCounts(
        shape: shape, integers: zip(integers, before).map { $0 - $1 })
    else { return self }
    return difference
  }
}
