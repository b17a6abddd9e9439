/// Tells the controller that the manifests may have changed.
///
/// It says nothing but "look": who fires it, how often, and why changes nothing but when the next
/// fetch happens. However often it fires, there is at most one fetch in `leastPause`.
package actor RefreshTrigger {
  private var isFired = false

  /// The least time between the end of a fetch and the beginning of the next.
  static let leastPause = Duration.seconds(1)

  package init() {}

  package func fire() { isFired = true }

  /// Waits until `limit` is over, or it fires.
  package func wait(
    atMost limit: Duration, lookingEvery tick: Duration, _ clock: any WallClock
  ) async throws {
    var waited = Self.leastPause
    try await clock.sleep(for: waited)
    while waited < limit, !take() {
      try await clock.sleep(for: tick)
      waited += tick
    }
  }

  /// Whether it fired since this was asked last.
  package func take() -> Bool {
    defer { isFired = false }
    return isFired
  }
}
