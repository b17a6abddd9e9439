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
      capLogs()
      let presences = presences
      guard !Task.isCancelled, let services = try? running() else { return }
      var isTold = await publishReplicas()
      if isTold, presences != announced {
        isTold = await publishRoutes(services, orWarn: "clients are not told yet who is ready")
      }
      delay = isTold ? Self.heartbeat : backoff.delay()
      if isTold { (announced, backoff) = (presences, Backoff()) }
    }
  }

  /// Returns whether Envoy knows every replica that it should.
  private func publishReplicas() async -> Bool {
    do {
      for key in servers.keys { try await publishEndpoints(of: key) }
      return true
    } catch {
      logger.warning("replicas are not asked yet", metadata: ["error": "\(error)"])
      return false
    }
  }

  func endAnnouncements() async {
    announcements?.cancel()
    await announcements?.value
    announcements = nil
  }
}
