/// Why the buckets that a source of metrics reports are no histogram.
package enum HistogramError: Error, Equatable, CustomStringConvertible {
  case scale(Int)
  case zeroThreshold(Double)
  case bucketBeyondScale(index: Int, scale: Int)
  case counts
  case edge(Double)
  case sameEdge(Double)
  case noInfiniteEdge
  case count(Double, edge: Double)
  case decreasing(from: Double, to: Double)

  package var description: String {
    switch self {
    case .scale(let scale): "scale \(scale) is not among \(ExponentialScale.exponents)"
    case .zeroThreshold(let threshold): "\(threshold) is no threshold of a zero bucket"
    case .bucketBeyondScale(let index, let scale):
      "no value is in bucket \(index) of scale \(scale)"
    case .counts: "the counts are negative, or more than 2^53 together"
    case .edge(let edge): "\(edge) is no upper edge of a bucket of durations"
    case .sameEdge(let edge): "two buckets have the upper edge \(edge)"
    case .noInfiniteEdge: "there is no bucket le=\"+Inf\", which counts everything"
    case .count(let count, let edge):
      "\(count) observations up to \(edge) is no count: counters are needed, not rates"
    case .decreasing(let from, let to):
      "there are fewer observations up to \(to) than up to \(from): counts must be cumulative"
    }
  }
}
