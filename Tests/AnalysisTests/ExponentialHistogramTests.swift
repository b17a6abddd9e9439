import Analysis
import Randomness
import Testing

@Suite struct ExponentialHistogramTests {
  /// Scale 0, so the edges are powers of two: 5 in [−4, −2), 3 in [−0.5, 0.5], 7 in (1, 2], 11 in
  /// (4, 8].
  static func example() throws -> ExponentialHistogram {
    try ExponentialHistogram(
      scale: 0, zeroCount: 3, zeroThreshold: 0.5,
      positive: [Bin(index: 2, count: 11), Bin(index: 0, count: 7)],
      negative: [Bin(index: 1, count: 5)])
  }

  @Test(
    arguments: [
      (-5, 26, 26), (-4, 26, 26), (-3, 21, 26), (-2, 21, 21), (-1, 21, 21), (-0.5, 21, 21),
      (-0.25, 18, 21), (0, 18, 21), (0.5, 18, 21), (0.75, 18, 18), (1, 18, 18), (1.5, 11, 18),
      (2, 11, 18), (3, 11, 11), (4, 11, 11), (5, 0, 11), (8, 0, 11), (9, 0, 0), (.infinity, 0, 0),
    ] as [(Double, Int, Int)])
  func thresholds(threshold: Double, certain: Int, possible: Int) throws {
    let histogram = try Self.example()
    #expect(histogram.certainlyAtLeast(threshold) == certain)
    #expect(histogram.possiblyAtLeast(threshold) == possible)
  }

  @Test(
    arguments: [
      (-5, -8, -4), (-4, -4, -4), (-0.5, -0.5, -0.5), (0.1, -0.5, 0.5), (0.5, 0.5, 0.5),
      (0.75, 0.5, 1), (3, 2, 4), (4, 4, 4), (.greatestFiniteMagnitude, 0x1p1023, .infinity),
    ] as [(Double, Double, Double)])
  func edges(threshold: Double, lower: Double, upper: Double) throws {
    #expect(try Self.example().edges(around: threshold) == lower...upper)
  }

  /// What is certain never exceeds the truth, the truth never what is possible, at any scale; they
  /// agree at 1, which is an edge of every scale.
  @Test(arguments: -3...20)
  func truthLiesBetween(exponent: Int) throws {
    var generator = SplitMix64(seed: UInt64(exponent + 100))
    let values = (0..<100).map { _ in Double.random(in: -10...10, using: &generator) }
    let histogram = try Self.histogram(of: values, scale: exponent, zeroThreshold: 0.01)
    for threshold in values + [-8, -1, -0.01, 0, 0.01, 1, 2, 8] {
      let truth = values.count { $0 >= threshold }
      #expect(histogram.certainlyAtLeast(threshold) <= truth)
      #expect(histogram.possiblyAtLeast(threshold) >= truth)
      let edges = histogram.edges(around: threshold)
      #expect(edges.contains(threshold))
    }
    #expect(histogram.certainlyAtLeast(1) == values.count { $0 > 1 })
    #expect(histogram.certainlyAtLeast(-1) == values.count { $0 >= -1 })
  }

  /// Counting at a lower scale and downscaling are the same.
  @Test(arguments: -10...20)
  func downscaling(exponent: Int) throws {
    var generator = SplitMix64(seed: UInt64(exponent + 100))
    let values = (0..<300).map { _ in
      SketchTests.anyPositive(&generator) * (generator.happens(onceIn: 2) ? -1 : 1)
    }
    let fine = try Self.histogram(of: values, scale: 20, zeroThreshold: 0)
    let coarse = try Self.histogram(of: values, scale: exponent, zeroThreshold: 0)
    #expect(fine.downscaled(to: exponent) == coarse)
    #expect(coarse.total == values.count)
  }

  @Test(arguments: [(3, 5), (5, 3), (0, 0), (-10, 20)])
  func merging(left: Int, right: Int) throws {
    var generator = SplitMix64(seed: 5)
    let values = (0..<300).map { _ in SketchTests.anyPositive(&generator) }
    let sum = try Self.histogram(of: Array(values[..<120]), scale: left, zeroThreshold: 0)
      .merged(with: Self.histogram(of: Array(values[120...]), scale: right, zeroThreshold: 0))
    #expect(sum == (try Self.histogram(of: values, scale: min(left, right), zeroThreshold: 0)))
  }

  /// The wider zero bucket wins, and grows where a bucket reaches across its edge.
  @Test(
    arguments: [
      (1.0, 1.0, 3, 18), (1.5, 2, 10, 11), (2, 2, 10, 11), (3, 4, 15, 11), (6, 8, 26, 0),
    ] as [(Double, Double, Int, Int)])
  func zeroBuckets(threshold: Double, merged: Double, zeros: Int, positive: Int) throws {
    let wide = try ExponentialHistogram(
      scale: 2, zeroCount: 0, zeroThreshold: threshold, positive: [], negative: [])
    for sum in [try wide.merged(with: Self.example()), try Self.example().merged(with: wide)] {
      #expect(sum.zeroThreshold == merged)
      #expect(sum.zeroCount == zeros)
      #expect(sum.positive.total == positive)
      #expect(sum.total == 26)
    }
  }

  @Test(
    arguments: [
      (21, 0, 0, 0, 1, "scale 21 is not among -10...20"),
      (0, 0, -1, 0, 1, "-1.0 is no threshold of a zero bucket"),
      (0, 0, .nan, 0, 1, "nan is no threshold of a zero bucket"),
      (0, 0, .infinity, 0, 1, "inf is no threshold of a zero bucket"),
      (0, 0, 0, 1025, 1, "no value is in bucket 1025 of scale 0"),
      (0, 0, 0, .min, 1, "no value is in bucket -9223372036854775808 of scale 0"),
      (0, 0, 0, 0, -1, "the counts are negative, or more than 2^53 together"),
      (0, 0, 0, 0, .max, "the counts are negative, or more than 2^53 together"),
      (0, -1, 0, 0, 1, "the counts are negative, or more than 2^53 together"),
      (0, .max, 0, 0, 1, "the counts are negative, or more than 2^53 together"),
    ] as [(Int, Int, Double, Int, Int, String)])
  func hostileInput(
    scale: Int, zeroCount: Int, zeroThreshold: Double, index: Int, count: Int, message: String
  ) {
    let bins = [Bin(index: index, count: count)]
    let error = #expect(throws: HistogramError.self) {
      try ExponentialHistogram(
        scale: scale, zeroCount: zeroCount, zeroThreshold: zeroThreshold, positive: bins,
        negative: bins)
    }
    #expect(error?.description == message)
  }

  @Test func tooManyTogether() throws {
    let half = try ExponentialHistogram(
      scale: 0, zeroCount: 1 << 53, zeroThreshold: 0, positive: [], negative: [])
    #expect(throws: HistogramError.counts) { try half.merged(with: Self.example()) }
  }

  @Test func upscalingIsAProgrammerError() async {
    await #expect(processExitsWith: .failure) { _ = try Self.example().downscaled(to: 1) }
  }

  static func histogram(
    of values: [Double], scale: Int, zeroThreshold: Double
  ) throws -> ExponentialHistogram {
    let buckets = try #require(ExponentialScale(scale))
    let outside = values.filter { abs($0) > zeroThreshold }
    return try ExponentialHistogram(
      scale: scale, zeroCount: values.count - outside.count, zeroThreshold: zeroThreshold,
      positive: outside.filter { $0 > 0 }.map { Bin(index: buckets.index(of: $0), count: 1) },
      negative: outside.filter { $0 < 0 }.map { Bin(index: buckets.index(of: -$0), count: 1) })
  }
}
