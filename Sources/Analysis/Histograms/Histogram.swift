/// Durations counted by fixed edges, as Envoy and Prometheus count them.
///
/// Decisions read whole buckets only: a quantile interpolated inside a bucket is a guess.
package struct Histogram: Equatable, Sendable, Codable {
  /// Upper edges in milliseconds, ascending.
  package let edges: [Int]
  /// Observations in each bucket: `counts[i]` lie below `edges[i]` and not below the edge before it;
  /// the last element lies at or above every edge.
  package private(set) var counts: [Int]

  /// Creates a histogram from its buckets.
  ///
  /// - Parameters:
  ///   - edges: The upper edges in milliseconds, ascending.
  ///   - counts: One count for each edge, and one for what lies above them all.
  package init(edges: [Int], counts: [Int]) {
    precondition(counts.count == edges.count + 1, "\(counts.count) counts, \(edges.count) edges")
    precondition(edges.isAscending, "edges must ascend")
    self.edges = edges
    self.counts = counts
  }

  /// Counts anew, in the memory of what was counted before.
  package mutating func recount(_ count: (_ bucket: Int) -> Int) {
    for bucket in counts.indices { counts[bucket] = count(bucket) }
  }

  package static let empty = Histogram(edges: [], counts: [0])

  package var total: Int { counts.reduce(0) { $0.adding(saturating: $1) } }

  /// Returns how many observations are certain to be at or above `threshold` milliseconds.
  ///
  /// When the threshold is no edge, the bucket that holds it is left out: for a verdict against a
  /// model only what is certain counts.
  package func certainlyAtLeast(_ threshold: Int) -> Int {
    guard let first = edges.firstIndex(where: { $0 >= threshold }) else { return 0 }
    return counts[(first + 1)...].reduce(0) { $0.adding(saturating: $1) }
  }

  /// Returns how many observations may be at or above `threshold` milliseconds.
  package func possiblyAtLeast(_ threshold: Int) -> Int {
    let first = edges.lastIndex { $0 <= threshold }.map { $0 + 1 } ?? 0
    return counts[first...].reduce(0) { $0.adding(saturating: $1) }
  }

  /// Returns what was counted since `earlier`; nil when these are other buckets, or any count went
  /// back.
  package func growth(since earlier: Histogram) -> Histogram? {
    guard earlier.edges == edges else { return nil }
    let difference = zip(counts, earlier.counts).map { $0.subtractingReportingOverflow($1).0 }
    guard difference.allSatisfy({ $0 >= 0 }) else { return nil }
    return Histogram(edges: edges, counts: difference)
  }

  /// Returns both together, in the buckets whose edges both have.
  package func adding(_ other: Histogram) -> Histogram {
    if edges == other.edges {
      return Histogram(
        edges: edges, counts: zip(counts, other.counts).map { $0.adding(saturating: $1) })
    }
    if total == 0 { return other }
    if other.total == 0 { return self }
    let common = edges.filter(Set(other.edges).contains)
    return merged(into: common).adding(other.merged(into: common))
  }
}

extension [Int] {
  /// Whether each is larger than the one before it.
  package var isAscending: Bool { indices.dropFirst().allSatisfy { self[$0 - 1] < self[$0] } }
}

extension Histogram {
  /// These observations in the fewest buckets that answer both questions for each threshold.
  package func reduced(to thresholds: Set<Int>) -> Histogram {
    let kept = edges.filter { edge in
      thresholds.contains { threshold in
        edge == edges.last { $0 <= threshold } || edge == edges.first { $0 >= threshold }
      }
    }
    return merged(into: kept)
  }

  /// These observations in wider buckets: those between the edges that are kept.
  private func merged(into kept: [Int]) -> Histogram {
    var merged = [Int](repeating: 0, count: kept.count + 1)
    var bucket = 0
    for (index, count) in counts.enumerated() {
      merged[bucket] = merged[bucket].adding(saturating: count)
      if bucket < kept.count, index < edges.count, edges[index] == kept[bucket] { bucket += 1 }
    }
    return Histogram(edges: kept, counts: merged)
  }
}
