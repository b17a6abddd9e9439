import Rollouts

/// When a Prometheus is asked again, and how far back.
///
/// Its answers are by far the largest that a controller of many deployments reads: it is asked once for each scrape, soon
/// after it, and not for what is counted already.
struct Rhythm {
  let interval: Duration
  /// What is asked for when nothing is known yet.
  let longestWindow: Duration

  /// As many scrapes are asked for again: a target that misses three counts as gone, and some come late.
  private static let overlap = 4

  /// Whether `now` is before the next scrape of the target that was scraped the longest ago.
  ///
  /// The clock of Prometheus may be another one. So it is asked no sooner than half an interval after the last time, and no later
  /// than a whole one.
  func isSoon(_ now: Instant, after asked: Instant, _ asOf: Instant) -> Bool {
    guard now >= asked else { return false }
    let isScraped = asOf.advanced(by: interval + interval / 10).since(asked)
    return now.since(asked) < min(max(isScraped, interval / 2), interval)
  }

  /// How far back to ask at `now`, when the same was asked at `asked` and is counted.
  func window(at now: Instant, after asked: Instant?) -> Duration {
    guard let asked, now >= asked else { return longestWindow }
    return min(longestWindow, now.since(asked) + interval * Self.overlap)
  }
}
