/// How long to wait before the next attempt: 1, 2, 4, … 60 seconds.
struct Backoff {
  private var next: Duration = .seconds(1)

  /// Rare enough that a process that cannot start costs nothing.
  private static let longest: Duration = .seconds(60)

  mutating func delay() -> Duration {
    defer { next = min(next * 2, Self.longest) }
    return next
  }

  /// Begins again, because the last attempt was a success.
  mutating func reset() { next = .seconds(1) }
}
