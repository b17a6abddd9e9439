import Analysis
import Foundation
import Peers
import Testing

/// The rivals' rules of drift decide as independent implementations of them, or by hand, do.
@Suite struct DriftPeersTests {
  struct Labels: Decodable {
    let labels: Int
    let wrong: [Int]
    /// The label, from 0, of River's first alarm; −1 for none.
    let first: [String: Int]
  }

  @Test func detectorsStopWhereRiverDoes() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "vectors/labels.json")
    let vectors = try JSONDecoder().decode([Labels].self, from: Data(contentsOf: file))
    for (index, vector) in vectors.enumerated() {
      let wrong = Set(vector.wrong)
      for (name, made) in [
        ("adwin", ADWIN()), ("ddm", DriftDetectionMethod()), ("pageHinkley", PageHinkley()),
      ] as [(String, any LabelDetector)] {
        var detector = made
        let first = (0..<vector.labels).first { detector.alarms(isWrong: wrong.contains($0)) }
        #expect(first ?? -1 == vector.first[name], "\(name), stream \(index)")
      }
    }
  }

  /// SciPy's probabilities.
  @Test(
    arguments: [
      (
        [120, 110, 100, 95, 90, 105, 98, 92, 101, 89], Array(repeating: 1000, count: 10),
        0.5762389225
      ),
      ([50, 30, 10, 5, 5], [520, 290, 95, 60, 35], 0.9327882030), ([100, 0], [0, 100], 2.1e-45),
      ([0, 0], [5, 5], 1), ([5, 0], [7, 0], 1),
    ] as [([Int], [Int], Double)])
  func chiSquare(current: [Int], reference: [Int], expected: Double) throws {
    let probability = ChiSquareRule.probability(
      current: try #require(BinCounts(current)), reference: try #require(BinCounts(reference)))
    #expect(abs(probability - expected) < 1e-9)
  }

  /// A minute is one look here; the third one is different, and the window holds two.
  @Test(
    arguments: [
      (DistanceRule.Measure.populationStability, 0.1, 2), (.jensenShannon, 0.1, 2),
      (.wasserstein(means: [0, 1]), 0.1, 2), (.populationStability, 5, nil),
    ] as [(DistanceRule.Measure, Double, Int?)])
  func distances(measure: DistanceRule.Measure, threshold: Double, expected: Int?) throws {
    let window = DriftWindow(.looks(2), looksPerCheck: 1)
    var rule = DistanceRule(measure, threshold: threshold, window: window)
    let looks = [[50, 50], [50, 50], [99, 1]]
    let alarm = try looks.indices.first { rule.alarms(after: [try arms(looks[$0], [100, 100])]) }
    #expect(alarm == expected)
  }

  /// One feature of three moved: enough for "any", not for half of them.
  @Test(arguments: [(0, true), (0.3, true), (0.5, false)])
  func shares(share: Double, isAlarm: Bool) throws {
    var rule = DistanceRule(
      .populationStability, threshold: 0.1, share: share,
      window: DriftWindow(.everything, looksPerCheck: 2, profile: try [10, 20, 30].map(even)))
    let look = [try arms([99, 1], []), try arms([50, 50], []), try arms([50, 50], [])]
    let alarms = [rule.alarms(after: look), rule.alarms(after: look)]
    #expect(alarms == [false, isAlarm])
  }

  /// Chunks like those of the reference, then one that is not, in two looks.
  @Test func chunks() throws {
    let chunks = try [[50, 50], [45, 55], [55, 45], [52, 48]].map { try #require(BinCounts($0)) }
    var rule = ChunkRule(History(chunks: [chunks]))
    let alarms = try [[54, 46], [49, 1], [49, 1]].map { rule.alarms(after: [try arms($0, [])]) }
    #expect(alarms == [false, false, true])
    #expect(abs(ChunkRule.threshold([1, 3]) - 5) < 1e-12)
  }

  private func even(_ count: Int) throws -> BinCounts { try #require(BinCounts([count, count])) }

  private func arms(_ candidate: [Int], _ stable: [Int]) throws -> BinArms {
    BinArms(
      candidate: try #require(BinCounts(candidate)), stable: try #require(BinCounts(stable)))
  }
}
