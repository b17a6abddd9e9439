import Randomness
import Testing

@testable import Analysis

@Suite struct BinProofTests {
  /// A class that is a quarter as frequent, or four times, is proven to be neither in at most 5 of 100
  /// rollouts, at whatever share of the traffic.
  @Test(arguments: [0.25, 4], [1, 10])
  func aBinThatIsFarOffIsNotProven(odds: Double, tried: Int) throws {
    var random = SplitMix64(seed: 3)
    let runs = 400
    let own = odds * 0.1 / (odds * 0.1 + 0.9)
    let proven = try (0..<runs).count { _ in
      var proof = BinProof(bins: 2)
      return try (0..<200).contains { _ in
        proof.look(try arms(tried, own, 20 - tried, 0.1, &random))
        return proof.isProven(0, beta: 0.05)
      }
    }
    #expect(proven <= runs / 20)
  }

  /// A class of a tenth is proven after some fifty samples of the candidate; of clusters, later.
  @Test func equalsAreProvenSoon() throws {
    var random = SplitMix64(seed: 4)
    var (proof, clustered) = (BinProof(bins: 2), BinProof(bins: 2))
    var looks: [Int] = []
    for look in 1...400 {
      let arms = try arms(5, 0.1, 15, 0.1, &random)
      proof.look(arms)
      clustered.look(arms, cluster: 4)
      if looks.isEmpty, proof.isProven(0, beta: 0.05) { looks.append(look) }
      if looks.count == 1, clustered.isProven(0, beta: 0.05) { looks.append(look) }
    }
    #expect(looks.count == 2 && (5...40).contains(looks[0]) && looks[1] > 2 * looks[0])
  }

  /// Looks at one arm alone, and looks with other bins, say nothing.
  @Test func nothingIsLearntWithoutAComparison() throws {
    var proof = BinProof(bins: 2)
    proof.look(BinArms(candidate: try #require(BinCounts([100, 100]))))
    let other = try #require(BinCounts([1, 2, 3]))
    proof.look(BinArms(candidate: other, stable: other))
    #expect(proof == BinProof(bins: 2) && !proof.isProven(0, beta: 0.05))
    #expect(!proof.isProven(2, beta: 0.05) && !proof.isProven(-1, beta: 0.05))
  }

  private func arms(
    _ tried: Int, _ own: Double, _ usual: Int, _ other: Double, _ random: inout SplitMix64
  ) throws -> BinArms {
    let (hits, rest) = (
      random.binomial(trials: tried, share: own), random.binomial(trials: usual, share: other)
    )
    return BinArms(
      candidate: try #require(BinCounts([hits, tried - hits])),
      stable: try #require(BinCounts([rest, usual - rest])))
  }
}
