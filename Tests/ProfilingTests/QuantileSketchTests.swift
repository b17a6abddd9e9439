import Profiles
import Profiling
import Randomness
import Testing

@Suite struct QuantileSketchTests {
  static let orders: [String: @Sendable (Int, Int) -> Int] = [
    "ascending": { index, _ in index }, "descending": { index, count in count - index },
    "from both ends": { index, count in index % 2 == 0 ? index : count - index },
    "in waves": { index, _ in index * 7919 % 1009 },
    "at random": { index, _ in
      var random = SplitMix64(seed: UInt64(index))
      return Int(random.next() >> 40)
    },
  ]

  private func sketch(_ values: [Double], capacity: Int) -> QuantileSketch {
    var sketch = QuantileSketch(capacity: capacity)
    for value in values { sketch.push(value) }
    return sketch
  }

  /// The largest difference of a rank, as a share of all values.
  private func rankError(_ values: [Double], _ runs: [QuantileSketch.Run]) -> Double {
    let sorted = values.sorted()
    var (passed, below, worst) = (0, 0, 0.0)
    for run in runs {
      while below < sorted.count, sorted[below] < run.value { below += 1 }
      worst = max(worst, abs(Double(passed - below)) / Double(sorted.count))
      passed += run.count
    }
    return worst
  }

  @Test(arguments: orders.keys.sorted())
  func exactWhileThereIsRoom(order: String) throws {
    let place = try #require(Self.orders[order])
    let values = (0..<999).map { Double(place($0, 999)) - 300 }
    var sketch = sketch(values, capacity: 1000)
    #expect(rankError(values, sketch.runs()) == 0)
    #expect(sketch.runs().reduce(0) { $0 + $1.count } == 999)
  }

  /// A sixteenth of the usual room may be wrong by sixteen times as much.
  @Test(arguments: orders.keys.sorted())
  func ranksAreNearlyRight(order: String) throws {
    let place = try #require(Self.orders[order])
    let values = (0..<150_000).map { Double(place($0, 150_000)) }
    var sketch = sketch(values, capacity: 4096)
    let runs = sketch.runs()
    #expect(rankError(values, runs) < 0.016)
    #expect(runs.reduce(0) { $0 + $1.count } == values.count)
    #expect(runs.count <= 4096)
    #expect(sketch.extremes()?.least == values.min())
    #expect(sketch.extremes()?.largest == values.max())
  }

  @Test func aThousandthWithTheUsualRoom() {
    var random = SplitMix64(seed: 11)
    let values = (0..<250_000).map { _ in Double(random.next() >> 20) - 1e12 }
    var sketch = sketch(values, capacity: 65_536)
    #expect(rankError(values, sketch.runs()) < 0.001)
  }
}
