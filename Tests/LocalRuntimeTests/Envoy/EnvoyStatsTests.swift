import Analysis
import Foundation
import LocalRuntime
import Rollouts
import Testing

/// What is made of Envoy's numbers, and of what only looks like them.
@Suite struct EnvoyStatsTests {
  static let key = ServerKey(DeploymentName(namespace: "a", name: "b.c"), Revision.ID("r1"))
  static let edges = [1, 5]

  static func counter(_ name: String, _ value: String) -> String {
    #"{"name":"cluster.a/b.c/r1.upstream_\#(name)","value":\#(value)}"#
  }

  static func histogram(_ buckets: String) -> String {
    #"{"histograms":[{"name":"cluster.a/b.c/r1.upstream_rq_time","buckets":[\#(buckets)]}]}"#
  }

  static func bucket(_ edge: String, _ count: String) -> String {
    #"{"upper_bound":\#(edge),"interval":0,"cumulative":\#(count)}"#
  }

  static func read(_ stats: [String]) throws -> Counts? {
    let text = #"{"stats":["# + stats.joined(separator: ",") + "]}"
    return try EnvoyStats(Array(text.utf8), edges: edges).counts[key]
  }

  /// Errors are 5xx, and connections that broke off and that no 503 stands for.
  ///
  /// Latencies are Envoy's buckets, and its timeouts.
  @Test(arguments: [
    // completed, 5xx, 503, resets, timeouts; errors, overflow
    (10, 0, 0, 0, 0, 0, 0), (10, 3, 0, 0, 0, 3, 0), (10, 3, 3, 3, 0, 3, 0),
    (10, 3, 1, 3, 0, 5, 0), (10, 2, 0, 0, 2, 2, 2), (2, 2, 0, 9, 0, 2, 0),
  ])
  func errorsAreCountedOnce(
    completed: Int, failed: Int, unavailable: Int, resets: Int, timeouts: Int, errors: Int,
    overflow: Int
  ) throws {
    let counts = try Self.read([
      Self.counter("rq_completed", "\(completed)"), Self.counter("rq_5xx", "\(failed)"),
      Self.counter("rq_503", "\(unavailable)"),
      Self.counter("cx_destroy_remote_with_active_rq", "\(resets)"),
      Self.counter("rq_timeout", "\(timeouts)"),
    ])
    #expect(counts?.requests == completed && counts?.errors == errors)
    #expect(counts?.latency == Histogram(edges: Self.edges, counts: [0, 0, overflow]))
  }

  @Test func bucketsAreReadAsTheyAre() throws {
    let buckets = [("1", "4"), ("5", "2"), ("1000000000000", "1")].map(Self.bucket)
    let counts = try Self.read([
      Self.counter("rq_completed", "8"), Self.counter("rq_timeout", "1"),
      Self.histogram(buckets.joined(separator: ",")),
      #"{"name":"cluster.a/b.c/r1.external.upstream_rq_completed","value":99}"#,
      #"{"name":"cluster.other.upstream_rq_completed","value":99}"#,
    ])
    #expect(counts?.requests == 8)
    #expect(counts?.latency.counts == [4, 2, 2])
  }

  /// What is no inference is counted, and is nobody's evidence: neither its number nor its errors.
  @Test func othersAreCountedApart() throws {
    let text = [
      Self.counter("rq_completed", "3"), Self.counter("rq_retry", "2"),
      #"{"name":"cluster.a/b.c/r1/other.upstream_rq_completed","value":40}"#,
      #"{"name":"cluster.a/b.c/r1/other.upstream_rq_5xx","value":39}"#,
      #"{"name":"cluster.a/b.c/other.upstream_rq_completed","value":5}"#,
      #"{"name":"cluster.a/b.c/r1/more.upstream_rq_completed","value":6}"#,
      #"{"name":"cluster.a/b.c/r1/copy.upstream_rq_active_overflow","value":7}"#,
      #"{"name":"cluster.a/b.c/r1/copy.upstream_rq_pending_overflow","value":1}"#,
      #"{"name":"cluster.a/b.c/r1/copy.upstream_rq_599","value":2}"#,
    ].joined(separator: ",")
    let stats = try EnvoyStats(Array(#"{"stats":[\#(text)]}"#.utf8), edges: Self.edges)
    #expect(stats.counts[Self.key]?.requests == 3 && stats.counts[Self.key]?.errors == 0)
    let odd = ServerKey(Self.key.deployment, Revision.ID("other"))
    #expect(stats.counts[odd]?.requests == 5 && stats.counts.count == 2)
    #expect(stats.others == [Self.key: 40] && stats.retried == [Self.key: 2])
    #expect(stats.droppedCopies == [Self.key: 10])
  }

  @Test func whatIsAbsentNeverHappened() throws {
    #expect(try Self.read([]) == nil)
    #expect(try Self.read([Self.counter("rq_503", "0")])?.requests == 0)
  }

  /// Any bytes give counts or an error that can be shown; none stops the controller.
  @Test(arguments: [
    "", "{}", "[]", "nonsense", #"{"stats":7}"#, #"{"stats":[7]}"#, #"{"stats":[{"name":7}]}"#,
    #"{"stats":[\#(counter("rq_completed", "-1"))]}"#,
    #"{"stats":[\#(counter("rq_completed", "1.5"))]}"#,
    #"{"stats":[\#(counter("rq_completed", "99999999999999999999"))]}"#,
    #"{"stats":[\#(counter("rq_completed", "9223372036854775807"))]}"#,
    #"{"stats":[\#(counter("rq_completed", "\"1\""))]}"#,
    #"{"stats":[{"name":"cluster.a/b/r1/copy.upstream_rq_599","value":-1}]}"#,
    #"{"stats":[\#(histogram(bucket("1", "1")))]}"#,
    #"{"stats":[\#(histogram([("1", "-4"), ("5", "2"), ("1000000000000", "1")].map(bucket).joined(separator: ",")))]}"#,
    #"{"stats":[\#(histogram(#"{"upper_bound":1}"#))]}"#, "\u{0}\u{FFFD}",
  ])
  func garbageIsAnError(text: String) {
    #expect(throws: LocalRuntimeError.self) {
      try EnvoyStats(Array(text.utf8), edges: Self.edges)
    }
  }
}
