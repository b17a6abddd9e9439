package import Analysis

/// NannyML 0.13's univariate drift: the Jensen-Shannon distance of each chunk to all of the
/// reference, above the mean and three standard deviations of the reference's own chunks.
///
/// Chunks of one size in both; a live chunk ends with the look that fills it.
package struct ChunkRule: DriftRule {
  private let size: Int
  private let references: [BinCounts]
  private let thresholds: [Double]
  private var chunk: [BinCounts] = []

  /// - Parameter history: The reference; its chunks have the size of those to come.
  package init(_ history: History) {
    size = history.chunks.first?.first?.total ?? 0
    references = history.totals
    thresholds = zip(history.chunks, references).map { chunks, reference in
      Self.threshold(chunks.compactMap { Self.distance($0, reference) })
    }
  }

  package mutating func alarms(after look: [BinArms]) -> Bool {
    if chunk.isEmpty { chunk = look.map { _ in .none } }
    chunk = zip(chunk, look).map { $0 + $1.candidate }
    guard let first = chunk.first, first.total >= size else { return false }
    defer { chunk = [] }
    return chunk.indices.contains { feature in
      let distance = Self.distance(chunk[feature], references[feature])
      return distance.map { $0 > thresholds[feature] } ?? false
    }
  }

  /// Returns the mean and three standard deviations on top of it.
  package static func threshold(_ distances: [Double]) -> Double {
    let n = Double(distances.count)
    let mean = distances.reduce(0, +) / n
    let variance = distances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    return mean + 3 * variance.squareRoot()
  }

  private static func distance(_ chunk: BinCounts, _ reference: BinCounts) -> Double? {
    EffectSizes(current: chunk, reference: reference)?.jensenShannon
  }
}
