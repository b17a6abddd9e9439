import Analysis
import Foundation
import Randomness
import Testing

@Suite struct SketchTests {
  struct Vectors: Decodable {
    struct Sketch: Decodable {
      let alpha: Double
      let values, quantiles, expect, merge_with, expect_after_merge: [Double]
      let count: Int
    }
    struct Mapping: Decodable {
      let alpha, gamma, value, representative: Double
      let key: Int
    }
    struct Quantiles: Decodable {
      let data: String
      let alpha: Double
      let exact, estimate: [Double]
    }
    let sketches: [Sketch]
    let mapping: [Mapping]
    let quantiles: [Quantiles]
  }

  @Test func sketches() throws {
    for vector in try readVectors(Vectors.self, "sketch").sketches {
      var sketch = Self.sketch(vector.values, perMille: Self.perMille(vector.alpha))
      for (q, expected) in zip(vector.quantiles, vector.expect) {
        #expect(isClose(try #require(sketch.quantile(q)), expected), "quantile \(q)")
      }
      try sketch.merge(Self.sketch(vector.merge_with, perMille: Self.perMille(vector.alpha)))
      for (q, expected) in zip(vector.quantiles, vector.expect_after_merge) {
        #expect(isClose(try #require(sketch.quantile(q)), expected), "merged, quantile \(q)")
      }
      #expect(sketch.count == vector.count)
    }
  }

  @Test func scale() throws {
    for vector in try readVectors(Vectors.self, "sketch").mapping {
      let scale = LogarithmicScale(accuracyPerMille: Self.perMille(vector.alpha))
      #expect(isClose(scale.gamma, vector.gamma))
      #expect(scale.index(of: vector.value) == vector.key, "\(vector.value)")
      let representative = scale.representative(of: vector.key)
      #expect(abs(representative - vector.representative) <= 1e-9 * vector.representative)
    }
  }

  /// A sketch of 200,000 values answers with the bin of the exact quantile.
  @Test func binsOfExactQuantiles() throws {
    for vector in try readVectors(Vectors.self, "sketch").quantiles {
      let scale = LogarithmicScale(accuracyPerMille: Self.perMille(vector.alpha))
      for (exact, estimate) in zip(vector.exact, vector.estimate) {
        let representative = scale.representative(of: scale.index(of: exact))
        #expect(isClose(representative, estimate), "\(vector.data), \(exact)")
      }
    }
  }

  /// With γ = 3 the powers are whole numbers: each is the last value of its bin.
  @Test(arguments: 0...33)
  func exactPowers(exponent: Int) {
    let scale = LogarithmicScale(accuracyPerMille: 500)
    let power = (0..<exponent).reduce(1.0) { power, _ in power * 3 }
    #expect(scale.index(of: power) == exponent)
    #expect(scale.index(of: power.nextUp) == exponent + 1)
    #expect(scale.index(of: 1 / power) == -exponent)
  }

  /// Every value is within α of what stands for its bin, from one end of Double to the other.
  @Test(arguments: [1, 5, 10, 20, 100, 500])
  func relativeError(perMille: Int) {
    var generator = SplitMix64(seed: UInt64(perMille))
    let scale = LogarithmicScale(accuracyPerMille: perMille)
    let ends = [Double.leastNormalMagnitude, .greatestFiniteMagnitude, 1, 1.0.nextUp]
    for value in ends + (0..<5000).map({ _ in Self.anyPositive(&generator) }) {
      let error = abs(scale.representative(of: scale.index(of: value)) / value - 1)
      #expect(error <= Double(perMille) / 1000 + 1e-9, "\(value)")
    }
  }

  /// Every quantile is within α of the value at its rank, whatever the sign.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func errorOfQuantiles(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let values = (0..<1000).map { _ in Self.latency(&generator) - 5 }.sorted()
    let sketch = Self.sketch(values, perMille: 10)
    for rank in 0..<1000 {
      let estimate = try #require(sketch.quantile((Double(rank) + 0.5) / 999.5))
      let exact = values[Int((Double(rank) + 0.5) / 999.5 * 999)]
      #expect(abs(estimate - exact) <= 0.01 * abs(exact) + 1e-12, "rank \(rank)")
    }
  }

  /// The sum of the parts is the whole, in any order, also where bins had to be collapsed.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func mergingIsExact(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let values = (0..<2000).map { _ in Self.anything(&generator) }
    let perMille = [1, 10, 100][Int(seed % 3)]
    let whole = Self.sketch(values, perMille: perMille)
    var sum = DDSketch(accuracyPerMille: perMille)
    var parts = [values[..<100], values[100..<700], values[700...]]
    parts.shuffle(using: &generator)
    for part in parts { try sum.merge(Self.sketch(Array(part), perMille: perMille)) }
    #expect(sum == whole)
    #expect(Self.sketch(values.reversed(), perMille: perMille) == whole)
    #expect(whole.count + whole.refused == values.count)
  }

  @Test func binsAreBounded() throws {
    var sketch = DDSketch()
    for exponent in -1000...1000 {
      sketch.add(Double(sign: .plus, exponent: exponent, significand: 1))
      sketch.add(Double(sign: .minus, exponent: exponent, significand: 1))
    }
    for bins in [sketch.positive, sketch.negative] {
      let (first, last) = (try #require(bins.hit.first), try #require(bins.hit.last))
      #expect(last.index - first.index == DDSketch.span - 1)
      #expect(bins.total == 2001)
    }
    let largest = try #require(sketch.quantile(1))
    #expect(abs(largest / 0x1p1000 - 1) <= 0.01)
  }

  /// One bin more than there may be: the two lowest become one.
  @Test(arguments: [(2047, 0, 1), (2048, 1, 2), (2049, 2, 3)])
  func lowestBinsCollapse(highest: Int, lowest: Int, collapsed: Int) {
    var sketch = DDSketch()
    for index in 0...highest { sketch.add(sketch.scale.representative(of: index)) }
    #expect(sketch.positive.hit.first == Bin(index: lowest, count: collapsed))
  }

  @Test(arguments: [Double.nan, .signalingNaN, .infinity, -.infinity])
  func whatIsNoNumberIsRefused(value: Double) {
    var sketch = DDSketch()
    #expect(sketch.add(value) == false)
    #expect(sketch.refused == 1)
    #expect(sketch.count == 0)
    #expect(sketch.quantile(0.5) == nil)
    #expect(sketch.range == nil)
  }

  @Test(arguments: [0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude] as [Double])
  func nextToZeroIsZero(value: Double) {
    let sketch = Self.sketch([value], perMille: 10)
    #expect(sketch.zero == 1)
    #expect(sketch.quantile(0.5) == 0)
  }

  @Test func unlikeSketchesHaveNoSum() {
    var sketch = DDSketch(accuracyPerMille: 10)
    let error = #expect(throws: DDSketchError.self) {
      try sketch.merge(DDSketch(accuracyPerMille: 20))
    }
    #expect(
      error?.description
        == "a sketch with a relative error of 10 per mille cannot be merged with one of 20")
  }

  @Test func misuseIsAProgrammerError() async {
    await #expect(processExitsWith: .failure) { _ = DDSketch().quantile(.nan) }
    await #expect(processExitsWith: .failure) { _ = DDSketch(accuracyPerMille: 0) }
  }

  static func sketch(_ values: [Double], perMille: Int) -> DDSketch {
    var sketch = DDSketch(accuracyPerMille: perMille)
    for value in values { sketch.add(value) }
    return sketch
  }

  private static func perMille(_ alpha: Double) -> Int { Int((alpha * 1000).rounded()) }

  /// Every exponent of normal numbers alike.
  static func anyPositive(_ generator: inout SplitMix64) -> Double {
    Double(
      sign: .plus, exponent: .random(in: -1022...1023, using: &generator),
      significand: .random(in: 1..<2, using: &generator))
  }

  private static func anything(_ generator: inout SplitMix64) -> Double {
    let value = Double(bitPattern: generator.next())
    return generator.happens(onceIn: 3) ? value : latency(&generator) * value.binade.sign.factor
  }

  private static func latency(_ generator: inout SplitMix64) -> Double {
    Analysis.exp(.random(in: -3..<7, using: &generator))
  }
}

extension FloatingPointSign {
  fileprivate var factor: Double { self == .minus ? -1 : 1 }
}
