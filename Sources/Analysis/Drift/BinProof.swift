/// The evidence that no bin is gone, or flooded: that none is hit a quarter as often as stable hits it,
/// or four times as often.
///
/// Where classes are rare, hardly anything moves when one of them is predicted no more. So each bin has
/// two tests of its own, as Wald's of 1945: how much likelier it is that the hits of both arms are shared
/// out as they are when both hit it alike than at odds of a quarter, or of four. Given how many samples
/// and hits both have, that is Fisher's noncentral hypergeometric distribution. If in truth a bin is so
/// far off, the probability that it is ever proven is at most beta, while samples are independent or
/// come in clusters of the size given.
package struct BinProof: Equatable, Sendable {
  /// Of each bin the logarithm of the evidence that it is not gone, then that it is not flooded.
  private var evidence: [Double]

  package init(bins: Int) { evidence = Array(repeating: 0, count: 2 * bins) }

  private static let farOff = 4.0

  /// Takes what both arms counted in one look into account; a look at one arm alone says nothing.
  package mutating func look(_ arms: BinArms, cluster: Int = 1) {
    guard arms.candidate.total > 0, arms.stable.total > 0, arms.hasBins(evidence.count / 2)
    else { return }
    for index in evidence.indices {
      let odds = index.isMultiple(of: 2) ? 1 / Self.farOff : Self.farOff
      evidence[index] += arms.likelihoodRatio(ofBin: index / 2, odds: odds) / Double(cluster)
    }
  }

  /// Returns whether a bin is proven to be neither gone nor flooded; one that it does not have is not.
  package func isProven(_ bin: Int, beta: Double) -> Bool {
    guard bin >= 0, bin < evidence.count / 2 else { return false }
    let bar = -log(beta)
    return evidence[2 * bin] >= bar && evidence[2 * bin + 1] >= bar
  }
}

extension BinArms {
  /// Hits of one look beyond which nothing is learnt from it: no traffic that is sampled has so many.
  private static let mostHits = 100_000

  /// Returns the logarithm of how much likelier the candidate's hits are when both arms hit the bin alike
  /// than at these odds: the mean of odds^hits over the hypergeometric distribution, over odds^hits.
  fileprivate func likelihoodRatio(ofBin bin: Int, odds: Double) -> Double {
    let hits = candidate.counts[bin].adding(saturating: stable.counts[bin])
    guard (1...Self.mostHits).contains(hits) else { return 0 }
    let first = max(0, hits - stable.total)
    var (equal, farOff) = (ScaledSum(), ScaledSum())
    for own in first..<min(hits, candidate.total) {
      let rest = Double(own + 1) * Double(stable.total - hits + own + 1)
      let factor = Double(candidate.total - own) * Double(hits - own) / rest
      equal.add(factor)
      farOff.add(factor * odds)
    }
    let seen = Double(candidate.counts[bin] - first)
    return farOff.logarithm - equal.logarithm - seen * log(odds)
  }
}

/// A sum of positive terms, each given by the factor to the one before; the first is 1.
private struct ScaledSum {
  private var (sum, term) = (1.0, 1.0)
  private var scalings = 0.0

  private static let large = 0x1p600

  mutating func add(_ factor: Double) {
    term *= factor
    sum += term
    guard sum > Self.large else { return }
    (sum, term) = (sum / Self.large, term / Self.large)
    scalings += 1
  }

  var logarithm: Double { log(sum) + scalings * log(Self.large) }
}

extension BinProof: Codable {
  package init(from decoder: any Decoder) throws {
    let texts = try decoder.singleValueContainer().decode([String].self)
    evidence = texts.compactMap { Double($0) }.filter(\.isFinite)
    guard evidence.count == texts.count, evidence.count.isMultiple(of: 2) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not two numbers of each bin"))
    }
  }

  /// Encodes decimal strings that round-trip, as `TestMartingales` does.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(evidence.map(\.description))
  }
}
