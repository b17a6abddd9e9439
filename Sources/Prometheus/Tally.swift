import Analysis
import Manifests
import Rollouts

/// What one group of series has counted since it is read.
struct Tally: Equatable {
  private(set) var requests = 0
  private(set) var errors = 0
  /// Up to each edge, and up to the infinite one.
  private(set) var upTo: [Int]
  /// Requests that were answered and that no latency will ever be told of.
  private(set) var untimed = 0
  /// How much had been counted at the scrapes of late, the oldest first; the first is as old as a histogram may be behind.
  private var recent: [Mark] = []

  private struct Mark: Equatable {
    let at: Instant
    let requests: Int
    let errors: Int
  }

  init(edges: [Int]) { upTo = Array(repeating: 0, count: edges.count + 1) }

  /// Adds what one scrape found.
  ///
  /// Envoy merges its histograms every five seconds, and its counters tell at once: so what was counted ten seconds
  /// ago, and is not timed now, never will be. That is so of errors alone, as of timeouts.
  mutating func add(_ step: Tally, at moment: Instant) {
    let limit = moment.advanced(by: Self.longestLag * -1)
    while recent.count > 1, recent[1].at <= limit { recent.removeFirst() }
    if let old = recent.first, old.at <= limit {
      untimed = max(untimed, min(old.errors, old.requests - timed - step.timed))
    }
    requests = requests.adding(saturating: step.requests)
    errors = errors.adding(saturating: step.errors)
    for bucket in upTo.indices {
      upTo[bucket] = upTo[bucket].adding(saturating: step.upTo[bucket])
    }
    recent.append(Mark(at: moment, requests: requests, errors: errors))
  }

  static let longestLag = Duration.seconds(10)

  var timed: Int { upTo.last ?? 0 }

  mutating func count(_ growth: Int, as measure: Measure, edges: [Int]) {
    switch measure {
    case .request(let isError):
      requests = requests.adding(saturating: growth)
      if isError { errors = errors.adding(saturating: growth) }
    case .error: errors = errors.adding(saturating: growth)
    case .bucket(let edge):
      let bucket = edge.flatMap { edges.firstIndex(of: $0) } ?? edges.count
      upTo[bucket] = upTo[bucket].adding(saturating: growth)
    }
  }

  /// Whether each wider bucket holds what a narrower one does.
  var isCumulative: Bool { zip(upTo, upTo.dropFirst()).allSatisfy { $0 <= $1 } }

  /// These as counts that agree with one another: what is not yet timed is held back, and what will
  /// never be timed counts as longer than every edge.
  func counts(edges: [Int], hasLatency: Bool) -> Counts {
    guard hasLatency else {
      return Counts(
        requests: requests, errors: min(errors, requests),
        latency: Histogram(edges: [], counts: [requests]))
    }
    var buckets = zip(upTo, [0] + upTo).map { $0 - $1 }
    buckets[edges.count] = buckets[edges.count].adding(saturating: untimed)
    let total = timed.adding(saturating: untimed)
    return Counts(
      requests: total, errors: min(errors, total),
      latency: Histogram(edges: edges, counts: buckets))
  }
}
