/// How long to wait before the next attempt: 1, 2, 4, … 60 seconds, or another longest wait.
///
/// One that has done well for as long as the longest wait begins again with a new value.
struct Backoff {
  private var next: Duration = .seconds(1)
  private let longest: Duration

  /// Rare enough that a process that cannot start costs nothing.
  static let longest: Duration = .seconds(60)

  init(longest: Duration = Self.longest) { self.longest = longest }

  mutating func delay() -> Duration {
    defer { next = min(next * 2, longest) }
    return next
  }
}
