import Rollouts

/// When a Prometheus is asked again, and how far back.
///
/// Its answers are by far the largest that a controller of many deployments reads: it is asked soon after a scrape, and
/// not for what is counted already.
struct Rhythm {
  let interval: Duration
  /// What is asked for when nothing is known yet.
  let longestWindow: Duration
  /// The last answer that was counted.
  private var last: (asked: Instant, subjects: [CountSubject], asOf: Instant)?

  /// As many scrapes are asked for again: a target that misses three counts as gone, and some come late.
  private static let overlap = 4

  init(interval: Duration, longestWindow: Duration) {
    (self.interval, self.longestWindow) = (interval, longestWindow)
  }

  /// Notes an answer that was counted; one that was not leaves everything to be asked for again.
  mutating func note(asked: Instant, _ subjects: [CountSubject], asOf: Instant) {
    last = (asked, subjects, asOf)
  }

  /// Whether `now` is before the next scrape of the target that was scraped the longest ago.
  ///
  /// A scrape of many series takes a while, until which Prometheus tells nothing of it: a fifth of the interval is left for that.
  /// The clock of Prometheus may be another one. So it is asked no sooner than half an interval after the last time, and no later
  /// than a whole one. What else is to be counted is asked for when the half is over: pods come and go all the time.
  func isSoon(_ now: Instant, _ subjects: [CountSubject]) -> Bool {
    guard let last, now >= last.asked else { return false }
    let isScraped = last.asOf.advanced(by: interval + interval / 5).since(last.asked)
    let longest = last.subjects == subjects ? interval : interval / 2
    return now.since(last.asked) < min(max(isScraped, interval / 2), longest)
  }

  /// How far back to ask: what was counted of the same subjects need not be told again.
  func window(at now: Instant, _ subjects: [CountSubject]) -> Duration {
    guard let last, last.subjects == subjects, now >= last.asked else { return longestWindow }
    return min(longestWindow, now.since(last.asked) + interval * Self.overlap)
  }
}
