import Logging
import Rollouts

// Announcing: Envoy says of each namespace whether it is ready, and is told when that changes, and of each
// replica that has come. Routes that move say it as well; a server that dies or comes back moves none.
extension LocalRuntime {
  /// What a client learns late by; the servers themselves are looked at as often.
  private static let heartbeat: Duration = .seconds(1)

  /// Tells Envoy whenever another deployment answers, or no longer does, until cancelled.
  func announcePresences() async {
    var announced: [DeploymentName: EnvoyRoute.Presence] = [:]
    var backoff = Backoff()
    var delay = Self.heartbeat
    while !Task.isCancelled {
      try? await Task.sleep(for: delay)
      delay = Self.heartbeat
      for key in servers.keys { try? await publishEndpoints(of: key) }
      let presences = presences
      guard !Task.isCancelled, presences != announced, let services = try? running() else {
        continue
      }
      if await publishRoutes(services, orWarn: "clients are not told yet who is ready") {
        (announced, backoff) = (presences, Backoff())
      } else {
        delay = backoff.delay()
      }
    }
  }

  func endAnnouncements() async {
    announcements?.cancel()
    await announcements?.value
    announcements = nil
  }
}
