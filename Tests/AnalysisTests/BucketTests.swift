import Analysis
import Randomness
import Testing

@Suite struct BucketTests {
  struct Vectors: Decodable {
    struct Bucket: Decodable {
      let scale, index: Int
      let value, lower, upper: Double
    }
    struct Base: Decodable {
      let scale: Int
      let base, bound: Double
    }
    /// The Doubles next to an edge that is no Double, from 80 decimal digits: edges by chance, and
    /// the six of scale 20 that come nearest to a Double.
    struct Edge: Decodable {
      let scale, index: Int
      let below, above: Double
    }
    let buckets: [Bucket]
    let bases: [Base]
    let edges: [Edge]
  }

  @Test func buckets() throws {
    for vector in try readVectors(Vectors.self, "sketch").buckets {
      let scale = try #require(ExponentialScale(vector.scale))
      #expect(
        scale.index(of: vector.value) == vector.index, "scale \(vector.scale), \(vector.value)")
      #expect(abs(scale.lowerEdge(of: vector.index) - vector.lower) <= 1e-9 * vector.lower)
      #expect(abs(scale.upperEdge(of: vector.index) - vector.upper) <= 1e-9 * vector.upper)
    }
  }

  @Test func bases() throws {
    for vector in try readVectors(Vectors.self, "sketch").bases {
      let base = try #require(ExponentialScale(vector.scale)).upperEdge(of: 0)
      #expect(abs(base - vector.base) <= base.ulp)
      #expect(isClose((base - 1) / (base + 1), vector.bound))
    }
  }

  @Test func edgesBetweenNeighbours() throws {
    for vector in try readVectors(Vectors.self, "sketch").edges {
      let scale = try #require(ExponentialScale(vector.scale))
      #expect(scale.index(of: vector.below) == vector.index - 1, "\(vector)")
      #expect(scale.index(of: vector.above) == vector.index, "\(vector)")
      #expect((vector.below...vector.above).contains(scale.lowerEdge(of: vector.index)))
    }
  }

  /// At every scale a value lies between its edges, and one step down halves its index.
  @Test(arguments: ExponentialScale.exponents)
  func valuesLieBetweenTheirEdges(exponent: Int) throws {
    var generator = SplitMix64(seed: UInt64(exponent + 100))
    let scale = try #require(ExponentialScale(exponent))
    let coarser = ExponentialScale(exponent - 1)
    for _ in 0..<1000 {
      let value = SketchTests.anyPositive(&generator)
      let index = scale.index(of: value)
      #expect(scale.lowerEdge(of: index) <= value)
      #expect(value <= scale.upperEdge(of: index))
      if let coarser { #expect(coarser.index(of: value) == index >> 1) }
    }
  }

  /// A power of two is the last value of its bucket, down to the smallest number there is.
  @Test(arguments: ExponentialScale.exponents)
  func powersOfTwo(exponent: Int) throws {
    let scale = try #require(ExponentialScale(exponent))
    for power in [-1074, -1073, -1022, -1, 0, 1, 10, 1023] {
      let value = Double(sign: .plus, exponent: power, significand: 1)
      let place = exponent < 0 ? (power - 1) >> -exponent : power << exponent - 1
      #expect(scale.index(of: value) == place, "2^\(power)")
      if exponent >= 0 { #expect(scale.upperEdge(of: place) == value) }
    }
    #expect(scale.upperEdge(of: scale.index(of: .greatestFiniteMagnitude)) == .infinity)
  }

  @Test(arguments: [-11, 21, .min, .max])
  func otherScalesAreRefused(exponent: Int) { #expect(ExponentialScale(exponent) == nil) }
}
