import DequeModule
import Rollouts

/// What was said of a request or an entity before it was seen, and waits for it.
///
/// What was captured is read a moment after the answer, so that a report may come first. A sender that reports on
/// what was never seen gets nothing kept for longer than a minute. Numbers are bounded: the oldest leaves first.
struct EarlyReports<Report> {
  /// How many wait.
  var most: Int
  private var reports: [Int: Report] = [:]
  /// In the order in which they came; some of them are fetched already.
  private var order: Deque<(key: Int, came: Instant)> = []
  /// Those that waited in vain.
  private(set) var unknown = 0

  /// How long one waits.
  private static var patience: Duration { .seconds(60) }

  init(most: Int) { self.most = most }

  var count: Int { reports.count }

  /// Keeps a report by the hash of what it is about; returns false when one waits already.
  mutating func keep(_ report: Report, for key: Int, at now: Instant) -> Bool {
    if reports[key] != nil { return false }
    reports[key] = report
    order.append((key, now))
    while order.count > max(1, most) { giveUpOldest() }
    return true
  }

  mutating func fetch(_ key: Int) -> Report? { reports.removeValue(forKey: key) }

  mutating func giveUp(at now: Instant) {
    while let (_, came) = order.first, now.since(came) >= Self.patience { giveUpOldest() }
  }

  mutating func giveUpAll() { while !order.isEmpty { giveUpOldest() } }

  private mutating func giveUpOldest() {
    guard let (key, _) = order.popFirst(), reports.removeValue(forKey: key) != nil else { return }
    unknown += 1
  }
}
