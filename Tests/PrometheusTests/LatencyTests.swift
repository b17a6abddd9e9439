import Analysis
import Control
import Rollouts
import Testing

@testable import Prometheus

/// Requests, errors and latencies that agree with one another.
@Suite struct LatencyTests {
  /// One scrape: good and bad answers, and latencies up to 0.1 s, 1 s and without an edge.
  private typealias Scrape = (at: Int, good: Double, bad: Double, upTo: [Double])

  private func look(_ meter: inout Meter, _ scrapes: [Scrape]) throws -> Counts? {
    func values(_ value: (Scrape) -> Double) -> [(Int, Double)] {
      scrapes.map { ($0.at, value($0)) }
    }
    var all = [
      series("requests_total", ["code": "200"], values { $0.good }),
      series("requests_total", ["code": "503"], values { $0.bad }),
    ]
    for (index, edge) in ["0.1", "1.0", "+Inf"].enumerated() {
      all.append(series("duration_seconds_bucket", ["le": edge], values { $0.upTo[index] }))
    }
    return try meter.take(all, health: [up(scrapes.map(\.at))], of: [subject()])
      .total(of: revision, in: deployment)
  }

  private func counts(_ errors: Int, _ latency: [Int]) -> Counts {
    Counts(
      requests: latency.reduce(0, +), errors: errors,
      latency: Histogram(edges: [100, 1000], counts: latency))
  }

  @Test func whatIsNotYetTimedIsHeldBack() throws {
    var meter = Meter(.plain)
    _ = try look(&meter, [(10, 0, 0, [0, 0, 0])])
    #expect(try look(&meter, [(20, 10, 0, [5, 7, 8])]) == counts(0, [5, 2, 1]))
    #expect(try look(&meter, [(30, 10, 0, [6, 9, 10])]) == counts(0, [6, 3, 1]))
  }

  @Test func errorsThatAreNeverTimedAreLongerThanEveryEdge() throws {
    var meter = Meter(.plain)
    _ = try look(&meter, [(10, 0, 0, [0, 0, 0])])
    #expect(try look(&meter, [(20, 0, 6, [0, 0, 0])]) == counts(0, [0, 0, 0]))
    #expect(try look(&meter, [(30, 0, 9, [0, 0, 0])]) == counts(6, [0, 0, 6]))
    #expect(try look(&meter, [(40, 3, 9, [3, 3, 3])]) == counts(9, [3, 0, 6]))
    #expect(try look(&meter, [(50, 3, 9, [3, 3, 3])]) == counts(9, [3, 0, 9]))
  }

  /// Envoy merges its histograms every five seconds: an answer that is late in them is not counted twice.
  @Test func latenciesMayLagBySeveralScrapes() throws {
    var meter = Meter(.plain)
    _ = try look(&meter, [(10, 0, 0, [0, 0, 0])])
    let late: [Scrape] = (11..<16).map { ($0, 0, 50, [0, 0, 0]) }
    #expect(try look(&meter, late) == counts(0, [0, 0, 0]))
    #expect(try look(&meter, [(16, 0, 50, [50, 50, 50])]) == counts(50, [50, 0, 0]))
    #expect(try look(&meter, [(30, 0, 50, [50, 50, 50])]) == counts(50, [50, 0, 0]))
  }

  /// The narrow bucket has gone back, and the wide one has overtaken its old value.
  @Test func resetOfOneIsAResetOfAll() throws {
    var meter = Meter(.plain)
    _ = try look(&meter, [(10, 10, 2, [9, 10, 12])])
    #expect(try look(&meter, [(20, 12, 8, [3, 15, 20])]) == counts(8, [3, 12, 5]))
  }

  @Test func otherEdgesAreNoData() {
    var meter = Meter(.plain)
    let bucket = series("duration_seconds_bucket", ["le": "0.2"], [(10, 1)])
    let all = series("duration_seconds_bucket", ["le": "+Inf"], [(10, 1)])
    #expect {
      try meter.take([bucket, all], health: [up([10])], of: [subject()])
    } throws: { ($0 as? PrometheusError)?.kind == .shape }
  }

  @Test func noLatenciesAtAllAreNoData() {
    var meter = Meter(.plain)
    #expect {
      try meter.take(
        [series("requests_total", ["code": "200"], [(10, 1), (21, 1)])], health: [up([10, 21])],
        of: [subject()])
    } throws: { ($0 as? PrometheusError)?.kind == .noLatency }
  }

  /// A histogram may be some seconds behind the counters, and a first answer that takes long is not timed yet.
  @Test func latenciesMayComeLater() throws {
    var meter = Meter(.plain)
    let counters = try meter.take(
      [series("requests_total", ["code": "200"], [(10, 1), (20, 1)])], health: [up([10, 20])],
      of: [subject()])
    #expect(counters.total(of: revision, in: deployment)?.requests == 0)
  }

  /// Each revision has an exporter of its own: one that shows a half is judged by none, whatever the other one shows.
  @Test(
    arguments: [
      ("requests_total", ["code": "200"], .noLatency),
      ("duration_seconds_bucket", ["le": "+Inf"], .shape),
    ] as [(String, [String: String], PrometheusError.Kind)])
  func aHalfIsNoData(name: String, labels: [String: String], kind: PrometheusError.Kind) throws {
    var meter = Meter(.plain)
    let next = subject(app: "next", revision: Revision.ID("r2"))
    func both(_ app: String) -> [SampledSeries] {
      [("requests_total", ["code": "200"]), ("duration_seconds_bucket", ["le": "+Inf"])].map {
        series($0.0, $0.1.merging(["app": app]) { $1 }, [(10, 5), (30, 9)])
      }
        + ["0.1", "1"].map {
          series("duration_seconds_bucket", ["le": $0, "app": app], [(10, 5), (30, 9)])
        }
    }
    let half = both("next").filter { ($0.name == name) }
    #expect {
      try meter.take(both("iris") + half, health: [up([10, 30])], of: [subject(), next])
    } throws: {
      ($0 as? PrometheusError)?.kind == kind
    }
    let whole = try meter.take(
      both("iris") + both("next"), health: [up([10, 30])], of: [subject(), next])
    #expect(whole.total(of: next.revision, in: deployment)?.requests == 0)
  }

  /// An exporter that shows a metric by its old name and by the new one.
  @Test func renamedMetricIsCountedOnce() throws {
    var meter = Meter(.split.renamed)
    func look(_ moment: Int, _ value: Double) throws -> Int? {
      try meter.take(
        [series("new_total", [(moment, value)]), series("old_total", [(moment, value)])],
        health: [up([moment])], of: [subject()]
      ).total(of: revision, in: deployment)?.requests
    }
    #expect(try look(10, 1) == 0)
    #expect(try look(20, 4) == 3)
  }
}
