/// Durations in seconds counted by fixed edges, as Prometheus's classic histograms count them.
///
/// Prometheus's edges belong to the bucket below ("le": less or equal), those of Envoy and of
/// `Histogram` to the bucket above. So an observation of exactly an edge may be in the bucket below
/// it; what is certain never counts that bucket, and what is possible always does.
package struct ClassicHistogram: Equatable, Sendable {
  /// Upper edges in seconds, ascending, without the infinite one.
  package let edges: [Double]
  /// Observations in each bucket: `counts[i]` are above the edge before it, and not above
  /// `edges[i]`; the last element lies above every edge.
  package let counts: [Int]

  /// One bucket as it is reported.
  package struct Bucket: Equatable, Sendable {
    /// The label `le`, in seconds; infinity for "+Inf".
    package let upperEdge: Double
    /// The observations up to and including the edge: Prometheus's numbers are floating-point.
    package let cumulativeCount: Double

    package init(upperEdge: Double, cumulativeCount: Double) {
      self.upperEdge = upperEdge
      self.cumulativeCount = cumulativeCount
    }
  }

  /// Creates a histogram from cumulative counts, which come in any order.
  ///
  /// Counts that are no whole numbers are refused: they come from `rate` or `increase`, which
  /// extrapolate, and evidence is not extrapolated.
  package init(_ buckets: [Bucket]) throws(HistogramError) {
    for bucket in buckets { try Self.check(bucket) }
    let ascending = buckets.sorted { $0.upperEdge < $1.upperEdge }
    for (lower, upper) in zip(ascending, ascending.dropFirst()) {
      guard lower.upperEdge < upper.upperEdge else { throw .sameEdge(lower.upperEdge) }
      guard lower.cumulativeCount <= upper.cumulativeCount else {
        throw .decreasing(from: lower.upperEdge, to: upper.upperEdge)
      }
    }
    guard ascending.last?.upperEdge == .infinity else { throw .noInfiniteEdge }
    let cumulative = ascending.map { Int($0.cumulativeCount) }
    edges = ascending.dropLast().map(\.upperEdge)
    counts = zip(cumulative, [0] + cumulative).map { $0 - $1 }
  }

  package var total: Int { counts.reduce(0, +) }

  /// Returns how many observations are certain to be at or above `threshold` seconds.
  package func certainlyAtLeast(_ threshold: Double) -> Int {
    guard let holding = edges.firstIndex(where: { $0 >= threshold }) else { return 0 }
    return counts[(holding + 1)...].reduce(0, +)
  }

  /// Returns how many observations may be at or above `threshold` seconds.
  package func possiblyAtLeast(_ threshold: Double) -> Int {
    let holding = edges.firstIndex { $0 >= threshold } ?? edges.endIndex
    return counts[holding...].reduce(0, +)
  }

  /// Returns the last edge at or below `threshold` and the first at or above it: the thresholds
  /// near by that are judged best.
  package func edges(around threshold: Double) -> ClosedRange<Double> {
    let lower = edges.last { $0 <= threshold } ?? 0
    return lower...(edges.first { $0 >= threshold } ?? .infinity)
  }

  private static func check(_ bucket: Bucket) throws(HistogramError) {
    let (edge, count) = (bucket.upperEdge, bucket.cumulativeCount)
    guard edge >= 0 else { throw .edge(edge) }
    guard (0...Double(Bins.largestTotal)).contains(count), count == count.rounded() else {
      throw .count(count, edge: edge)
    }
  }
}

extension Histogram {
  /// Creates the same histogram in milliseconds.
  ///
  /// An edge that is no whole number of milliseconds is left out: its bucket joins the one above,
  /// and nothing is claimed that was not counted. What lies exactly on an edge stays below it, in
  /// the model's favour: `certainlyAtLeast` is certain still, while `possiblyAtLeast` misses it at
  /// that edge.
  package init(_ classic: ClassicHistogram) {
    var (edges, counts, open) = ([Int](), [Int](), 0)
    for (edge, count) in zip(classic.edges, classic.counts) {
      open += count
      guard let milliseconds = Self.wholeMilliseconds(edge) else { continue }
      edges.append(milliseconds)
      counts.append(open)
      open = 0
    }
    self.init(edges: edges, counts: counts + [open + (classic.counts.last ?? 0)])
  }

  private static func wholeMilliseconds(_ seconds: Double) -> Int? {
    let milliseconds = (seconds * 1000).rounded()
    guard milliseconds <= Double(Bins.largestTotal), milliseconds / 1000 == seconds else {
      return nil
    }
    return Int(milliseconds)
  }
}
