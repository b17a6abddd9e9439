import Analysis
import Control
import Foundation
package import Rollouts

/// What Envoy counted for each model server, from one scrape: inferences, and other requests apart.
///
/// Envoy's counters are live; its histograms lag by up to one flush (a second).
package struct EnvoyStats: Equatable, Sendable {
  /// Beyond every latency, in milliseconds: thirty years.
  package static let endlessEdge = 1_000_000_000_000

  /// The question, whose answer holds the series below and no others: a thousandth of what Envoy
  /// knows, and the buckets as whole numbers.
  package static let query: String = {
    let names =
      "upstream_(rq_(completed|503|5xx|timeout|time|retry)|cx_destroy_remote_with_active_rq)"
    let copies = #"/copy\.upstream_rq_(\#(Self.overflows.joined(separator: "|")))"#
    let filter =
      #"^cluster\.[^/]+/[^/]+/[^./]+(\."# + names + #"|/other\.upstream_rq_completed|\#(copies))$"#
    return "/stats?format=json&histogram_buckets=disjoint&filter=\(EnvoyAdmin.encoded(filter))"
  }()

  /// What says of a cluster of copies that one was dropped: too many were under way, or it was too large.
  private static let overflows = [
    "active_overflow", "pending_overflow", "\(EnvoyConfiguration.tooLargeCopy)",
  ]

  /// What was counted of inferences.
  package let counts: [ServerKey: Counts]
  /// How many other requests there were.
  package let others: [ServerKey: Int]
  /// How often an inference was asked again, of another replica, because of a connection.
  package let retried: [ServerKey: Int]
  /// How many copies were dropped before the candidate was asked.
  package let droppedCopies: [ServerKey: Int]

  /// Reads the answer to `query`.
  ///
  /// - Throws: `LocalRuntimeError` when the text is not what Envoy prints.
  package init(_ bytes: [UInt8], edges: [Int]) throws {
    var series: [RequestKind: [ServerKey: Series]] = [:]
    var dropped: [ServerKey: Int] = [:]
    do {
      for stat in try JSONDecoder().decode(Scrape.self, from: Data(bytes)).stats {
        try stat.add(to: &series)
        try stat.add(toDropped: &dropped)
      }
      droppedCopies = dropped
      counts = try (series[.inferences] ?? [:]).mapValues { try $0.counts(edges: edges) }
      others = (series[.others] ?? [:]).mapValues { $0.requests }
      retried = (series[.inferences] ?? [:]).compactMapValues { $0.counters["rq_retry"] }
    } catch let error as Unreadable {
      throw LocalRuntimeError(.envoy, "read envoy's statistics", error.description)
    } catch {
      throw LocalRuntimeError(.envoy, "read envoy's statistics", "it is not what Envoy prints")
    }
  }
}

extension EnvoyStats {
  /// How many inferences each deployment had.
  var requests: [DeploymentName: Int] {
    counts.reduce(into: [:]) { $0[$1.key.deployment, default: 0] += $1.value.requests }
  }

  /// Returns what was counted of each server since `epoch`.
  func series(since epoch: String) -> [ServerKey: CounterSeries] {
    counts.reduce(into: [:]) { series, server in
      let key = server.key
      series[key] = CounterSeries(
        epoch: epoch, counts: server.value,
        apart: CountsApart(
          others: others[key] ?? 0, retried: retried[key] ?? 0,
          droppedCopies: droppedCopies[key] ?? 0))
    }
  }
}

private struct Unreadable: Error, CustomStringConvertible {
  let description: String
}

/// What Envoy prints as JSON: counters, and among them one element with every histogram.
private struct Scrape: Decodable {
  struct Stat: Decodable {
    let name: String?
    let value: Int?
    let histograms: [Histogram]?
  }

  struct Histogram: Decodable {
    let name: String
    let buckets: [Bucket]
  }

  struct Bucket: Decodable {
    let edge: Int
    /// Since Envoy's start, in this bucket alone.
    let count: Int

    enum CodingKeys: String, CodingKey {
      case edge = "upper_bound"
      case count = "cumulative"
    }
  }

  let stats: [Stat]
}

extension Scrape.Stat {
  fileprivate func add(to series: inout [RequestKind: [ServerKey: Series]]) throws {
    for histogram in histograms ?? [] {
      guard let place = Series.parse(histogram.name), place.statistic == "rq_time" else { continue }
      series[place.kind, default: [:]][place.key, default: Series()].buckets = histogram.buckets
    }
    guard let name, let place = Series.parse(name) else { return }
    series[place.kind, default: [:]][place.key, default: Series()]
      .counters[place.statistic] = try count(of: name)
  }

  fileprivate func add(toDropped dropped: inout [ServerKey: Int]) throws {
    guard let name, let (cluster, _) = Series.split(name), let key = ServerKey(copyCluster: cluster)
    else { return }
    dropped[key, default: 0] += try count(of: name)
  }

  private func count(of name: String) throws -> Int {
    guard let value, (0...Series.largest).contains(value) else {
      throw Unreadable(description: "\(name.debugDescription) has no count")
    }
    return value
  }
}

/// The statistics of one cluster.
///
/// What Envoy does not mention never happened.
private struct Series {
  var counters: [String: Int] = [:]
  var buckets: [Scrape.Bucket] = []

  /// Nothing counts so far; it bounds what is added up below.
  static let largest = 1 << 53

  /// Splits "cluster.payments/fraud/3f9c2a71d0.upstream_rq_5xx"; nil when it is another name.
  static func parse(
    _ name: String
  ) -> (key: ServerKey, kind: RequestKind, statistic: String)? {
    guard let (cluster, statistic) = split(name),
      let (key, kind) = ServerKey.parse(cluster: cluster)
    else { return nil }
    return (key, kind, statistic)
  }

  /// Splits the name of a statistic into that of its cluster and the rest; nil when it is none of a cluster.
  static func split(_ name: String) -> (cluster: Substring, statistic: String)? {
    guard name.hasPrefix("cluster."), let end = name.range(of: ".upstream_", options: .backwards)
    else { return nil }
    return (name[..<end.lowerBound].dropFirst("cluster.".count), String(name[end.upperBound...]))
  }

  var requests: Int { counters["rq_completed"] ?? 0 }

  func counts(edges: [Int]) throws -> Counts {
    // A timeout is answered 504, which is among the 5xx. So is a connection that the server closed
    // before its answer began: 503. Only an answer that broke off in its middle is an error without
    // a status of its own. (`upstream_rq_rx_reset` knows nothing of it: it counts HTTP/2 only.)
    let closed = counters["cx_destroy_remote_with_active_rq"] ?? 0
    let brokenOff = max(0, closed - (counters["rq_503"] ?? 0))
    let errors = min(requests, (counters["rq_5xx"] ?? 0) + brokenOff)
    return Counts(requests: requests, errors: errors, latency: try latency(edges: edges))
  }

  /// Envoy does not time what it gave up on: those count as longer than every edge.
  private func latency(edges: [Int]) throws -> Histogram {
    var counts = Array(repeating: 0, count: edges.count + 1)
    if !buckets.isEmpty {
      let isOurs = buckets.map(\.edge) == edges + [EnvoyStats.endlessEdge]
      guard isOurs, buckets.allSatisfy({ (0...Self.largest).contains($0.count) }) else {
        throw Unreadable(description: "the buckets are not those it was told to count")
      }
      counts = buckets.map(\.count)
    }
    counts[edges.count] += counters["rq_timeout"] ?? 0
    return Histogram(edges: edges, counts: counts)
  }
}
