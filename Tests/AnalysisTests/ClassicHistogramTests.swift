import Analysis
import Testing

@Suite struct ClassicHistogramTests {
  typealias Bucket = ClassicHistogram.Bucket

  /// As a server reports it, in whatever order: 2 up to 5 ms, 1 more up to 7.5 ms, 4 more up to
  /// 300 ms, 3 above.
  static let reported = [(0.3, 7), (0.005, 2), (.infinity, 10), (0.0075, 3)] as [(Double, Double)]

  static func histogram(_ buckets: [(Double, Double)]) throws -> ClassicHistogram {
    try ClassicHistogram(buckets.map { Bucket(upperEdge: $0, cumulativeCount: $1) })
  }

  @Test func cumulativeCounts() throws {
    let histogram = try Self.histogram(Self.reported)
    #expect(histogram.edges == [0.005, 0.0075, 0.3])
    #expect(histogram.counts == [2, 1, 4, 3])
    #expect(histogram.total == 10)
  }

  /// At an edge the bucket below may hold observations of exactly the edge.
  @Test(
    arguments: [
      (0, 8, 10), (0.004, 8, 10), (0.005, 8, 10), (0.006, 7, 8), (0.3, 3, 7), (0.31, 0, 3),
      (.infinity, 0, 3),
    ] as [(Double, Int, Int)])
  func thresholds(threshold: Double, certain: Int, possible: Int) throws {
    let histogram = try Self.histogram(Self.reported)
    #expect(histogram.certainlyAtLeast(threshold) == certain)
    #expect(histogram.possiblyAtLeast(threshold) == possible)
  }

  @Test(
    arguments: [
      (0, 0, 0.005), (0.005, 0.005, 0.005), (0.1, 0.0075, 0.3), (0.4, 0.3, .infinity),
    ] as [(Double, Double, Double)])
  func edges(threshold: Double, lower: Double, upper: Double) throws {
    #expect(try Self.histogram(Self.reported).edges(around: threshold) == lower...upper)
  }

  /// 7.5 ms is no whole number of milliseconds, so its bucket joins the next.
  @Test func milliseconds() throws {
    let histogram = Histogram(try Self.histogram(Self.reported))
    #expect(histogram == Histogram(edges: [5, 300], counts: [2, 5, 3]))
    #expect(Histogram(try Self.histogram([(.infinity, 4)])) == Histogram(edges: [], counts: [4]))
    let vast = try Self.histogram([(0.0001, 1), (1e300, 2), (.infinity, 4)])
    #expect(Histogram(vast) == Histogram(edges: [], counts: [4]))
  }

  /// A limit in milliseconds, divided by 1000, is the very edge that Prometheus writes in decimals.
  @Test(arguments: [1, 3, 5, 7, 10, 29, 57, 113, 250, 300, 60000])
  func limitsMeetTheirEdges(milliseconds: Int) throws {
    let seconds = try #require(Double("\(milliseconds)e-3"))
    let histogram = try Self.histogram([(seconds, 1), (.infinity, 3)])
    #expect(histogram.certainlyAtLeast(Double(milliseconds) / 1000) == 2)
    #expect(Histogram(histogram).edges == [milliseconds])
  }

  @Test(
    arguments: [
      ([], "there is no bucket le=\"+Inf\", which counts everything"),
      ([(1, 1)], "there is no bucket le=\"+Inf\", which counts everything"),
      ([(.nan, 1), (.infinity, 1)], "nan is no upper edge of a bucket of durations"),
      ([(-1, 1), (.infinity, 1)], "-1.0 is no upper edge of a bucket of durations"),
      ([(1, 1), (1, 1), (.infinity, 1)], "two buckets have the upper edge 1.0"),
      ([(.infinity, 1), (.infinity, 1)], "two buckets have the upper edge inf"),
      (
        [(1, 5), (2, 4), (.infinity, 6)],
        "there are fewer observations up to 2.0 than up to 1.0: counts must be cumulative"
      ),
      (
        [(1, 5), (.infinity, 4)],
        "there are fewer observations up to inf than up to 1.0: counts must be cumulative"
      ),
      (
        [(1, 0.5), (.infinity, 4)],
        "0.5 observations up to 1.0 is no count: counters are needed, not rates"
      ),
      (
        [(.infinity, -1)],
        "-1.0 observations up to inf is no count: counters are needed, not rates"
      ),
      (
        [(.infinity, .nan)],
        "nan observations up to inf is no count: counters are needed, not rates"
      ),
      (
        [(.infinity, 1e17)],
        "1e+17 observations up to inf is no count: counters are needed, not rates"
      ),
    ] as [([(Double, Double)], String)])
  func hostileInput(buckets: [(Double, Double)], message: String) {
    let error = #expect(throws: HistogramError.self) { try Self.histogram(buckets) }
    #expect(error?.description == message)
  }
}
