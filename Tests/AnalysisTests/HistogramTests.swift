import Analysis
import Testing

@Suite struct HistogramTests {
  /// What is certain never exceeds what is possible, and both agree on an edge.
  @Test(arguments: [
    (1, 8, 10), (10, 8, 8), (15, 5, 8), (20, 5, 5), (99, 1, 5), (100, 1, 1), (200, 0, 1),
  ])
  func thresholds(threshold: Int, certain: Int, possible: Int) {
    let histogram = Histogram(edges: [10, 20, 100], counts: [2, 3, 4, 1])
    #expect(histogram.certainlyAtLeast(threshold) == certain)
    #expect(histogram.possiblyAtLeast(threshold) == possible)
  }

  @Test func countersThatStartedAgainHaveNoDifference() {
    let before = Histogram(edges: [10], counts: [50, 2])
    #expect(Histogram(edges: [10], counts: [53, 2]).growth(since: before)?.counts == [3, 0])
    #expect(Histogram(edges: [10], counts: [53, 1]).growth(since: before) == nil)
    #expect(Histogram(edges: [20], counts: [53, 2]).growth(since: before) == nil)
  }

  /// Sources that count by other edges are added up in the buckets that they share, and lose nothing.
  @Test func sourcesAddUp() {
    let one = Histogram(edges: [10, 20, 50], counts: [1, 2, 3, 4])
    #expect(one.adding(one).counts == [2, 4, 6, 8])
    let other = Histogram(edges: [20, 50, 100], counts: [5, 6, 7, 8])
    #expect(one.adding(other) == Histogram(edges: [20, 50], counts: [8, 9, 19]))
    #expect(other.adding(one) == one.adding(other))
    #expect(one.adding(.empty) == one && Histogram.empty.adding(one) == one)
    #expect(one.adding(Histogram(edges: [7], counts: [1, 1])).counts == [12])
  }

  @Test func countersGoneMadDoNotTrap() {
    let histogram = Histogram(edges: [10], counts: [.max, .max])
    #expect(histogram.total == .max)
    #expect(histogram.certainlyAtLeast(10) == .max)
    #expect(Histogram(edges: [10], counts: [.min, 5]).growth(since: histogram) == nil)
    #expect(histogram.adding(histogram).counts == [.max, .max])
  }

  /// What is left out answers no question that is asked.
  @Test(arguments: [1, 10, 15, 20, 99, 100, 200])
  func reductionKeepsTheAnswers(threshold: Int) {
    let histogram = Histogram(edges: [10, 20, 50, 100], counts: [2, 3, 4, 5, 1])
    let reduced = histogram.reduced(to: [threshold])
    #expect(reduced.certainlyAtLeast(threshold) == histogram.certainlyAtLeast(threshold))
    #expect(reduced.possiblyAtLeast(threshold) == histogram.possiblyAtLeast(threshold))
    #expect(reduced.total == histogram.total && reduced.edges.count <= 2)
    #expect(reduced.reduced(to: [threshold]) == reduced)
  }
}
