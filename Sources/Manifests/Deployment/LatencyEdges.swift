/// The upper edges of the latency histogram, in milliseconds.
///
/// Envoy counts requests into these buckets; a threshold that is one of them is judged exactly.
package enum LatencyEdges {
  package static let milliseconds = [
    1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000,
    1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000, 15000, 20000, 30000, 60000,
  ]

  /// Returns the edges around a threshold that is none itself.
  static func around(_ threshold: Int, of edges: [Int] = milliseconds) -> [Int] {
    guard !edges.contains(threshold) else { return [] }
    return [edges.last { $0 < threshold }, edges.first { $0 > threshold }]
      .compactMap { $0 }
  }
}
