/// How long to wait before the next attempt: 1, 2, 4, … 60 seconds.
///
/// One that has done well for as long as the longest wait begins again with a new value.
struct Backoff {
  private var next: Duration = .seconds(1)

  /// Rare enough that a process that cannot start costs nothing.
  static let longest: Duration = .seconds(60)

  mutating func delay() -> Duration {
    defer { next = min(next * 2, Self.longest) }
    return next
  }
}
