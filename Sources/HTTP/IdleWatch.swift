/// Notices an exchange in which nothing moves any more.
struct IdleWatch {
  let limit: Duration
  private var moved = 0
  private var since: ContinuousClock.Instant?

  init(limit: Duration) { self.limit = limit }

  /// Returns whether nothing has moved for the limit, given what has moved until now in all.
  ///
  /// A paused exchange is not idle: there it is the reader who takes long.
  mutating func isIdle(moved: Int, isPaused: Bool, at now: ContinuousClock.Instant) -> Bool {
    guard let since, moved == self.moved, !isPaused else {
      self.moved = moved
      self.since = now
      return false
    }
    return now - since > limit
  }
}
