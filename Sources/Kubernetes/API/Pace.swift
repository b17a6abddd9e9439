import Threads

/// Lets requests through one after the other at a bounded rate, after a burst.
///
/// It is a bucket of tokens that refills evenly. Those who wait are let through in the order in which they came.
package final class Pace: Sendable {
  private let interval: Duration
  private let burst: Int
  private let next = Lock<ContinuousClock.Instant>(.now)

  /// - Parameters:
  ///   - rate: Requests a second.
  ///   - burst: How many go at once after a pause.
  package init(perSecond rate: Int = 50, burst: Int = 100) {
    precondition(rate > 0 && burst > 0)
    interval = .seconds(1) / rate
    self.burst = burst
  }

  /// Waits for the caller's turn.
  func turn() async throws {
    let start = turn(at: .now)
    if start > .now { try await Task.sleep(until: start, clock: .continuous) }
  }

  /// Gives away the next turn, and returns when it is: not later than `now` while there are tokens.
  func turn(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    next.withLock { next in
      let full = now - interval * (burst - 1)
      next = max(next, full)
      defer { next += interval }
      return next
    }
  }
}
