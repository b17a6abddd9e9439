/// How often one server has died lately, and when it may try again.
package struct RestartHistory {
  /// Attempts since it last ran well; 0 when it does.
  package private(set) var attempt = 0
  private var deaths: [ContinuousClock.Instant] = []
  private var backoff = Backoff()
  private var startedAt: ContinuousClock.Instant

  /// More than five deaths in five minutes are no accident: with the waits between, that is a
  /// server that never lives for long.
  package static let deathLimit = 5
  private static let window: Duration = .seconds(300)
  /// How long a server must run to have its past forgiven.
  private static let probation: Duration = .seconds(60)

  package init(now: ContinuousClock.Instant) { startedAt = now }

  /// Notes a death; returns how long to wait before the next start.
  package mutating func noteDeath(now: ContinuousClock.Instant) -> Duration {
    if now - startedAt >= Self.probation { backoff = Backoff() }
    deaths = deaths.filter { now - $0 < Self.window } + [now]
    attempt += 1
    return backoff.delay()
  }

  package mutating func noteStart(now: ContinuousClock.Instant) { startedAt = now }

  package mutating func noteReady() { attempt = 0 }

  package func isCrashLoop(now: ContinuousClock.Instant) -> Bool {
    deaths.count { now - $0 < Self.window } > Self.deathLimit
  }
}
