/// Tells the controller that the manifests may have changed.
///
/// A ring says nothing but "look": whoever rings, how often, and why changes nothing but when the next
/// fetch happens. However often it rings, there is at most one fetch in `leastPause`.
package actor Doorbell {
  private var isRung = false

  /// The least time between the end of a fetch and the beginning of the next.
  static let leastPause = Duration.seconds(1)

  package init() {}

  package func ring() { isRung = true }

  /// Waits until `limit` is over, or somebody rings.
  package func wait(
    atMost limit: Duration, lookingEvery tick: Duration, _ clock: any WallClock
  ) async throws {
    var waited = Self.leastPause
    try await clock.sleep(for: waited)
    while waited < limit, !answer() {
      try await clock.sleep(for: tick)
      waited += tick
    }
  }

  /// Whether somebody rang since the last answer.
  package func answer() -> Bool {
    defer { isRung = false }
    return isRung
  }
}
