import Control
import Logging
import Rollouts
import Threads

// Capturing: Envoy has leave for a minute, and is given it again as long as somebody reads.
extension LocalRuntime {
  func tail(of envoy: EnvoyControl) throws -> CaptureTail? {
    guard let intake else { return nil }
    // There are two: of requests, and of copies.
    return try CaptureTail(
      envoy: envoy, limit: setup.captureLimit / 2, age: setup.captureAge, intake: intake,
      logger: logger)
  }

  func beginCapture(_ services: Services) async {
    guard let tail = services.tail else { return }
    await tail.start()
    renewal = Task { await renewLeases() }
  }

  /// Renews the lease until cancelled.
  private func renewLeases() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: CaptureLease.renewal)
      guard !Task.isCancelled, let services = try? running() else { return }
      await takeLease(services)
      // Without a route that samples, the text would be the same.
      guard routes.contains(where: { $0.sampling > .none }) else { continue }
      await publishRoutes(services, orWarn: "capturing could not be prolonged")
    }
  }

  /// Captures and copies more or less when the rate of the requests asks for it.
  func meterRequests(_ clients: EnvoyStats, _ copies: EnvoyStats?) async {
    let before = measuredShares
    let now = SystemClock().now
    for (deployment, requests) in clients.requests {
      meter.note(requests, of: deployment, at: now)
    }
    for (deployment, requests) in copies?.requests ?? [:] {
      copyMeter.note(requests, of: deployment, at: now)
    }
    guard measuredShares != before, let services = try? running() else { return }
    await publishRoutes(
      services, orWarn: "the share that is captured or copied could not be changed")
  }

  /// What the rates decide of each route, without the rest of it: this is asked at every reading.
  private var measuredShares: [Ratio?] {
    targets.flatMap { deployment, target in
      [
        lease.map { _ in Ratio(perMillion: capturedShare(of: deployment, target).value * 1000) },
        copiedShare(of: deployment, target),
      ]
    }
  }

  /// The share that is copied where copies are limited; nil where the weight of the mirror says it.
  func copiedShare(of deployment: DeploymentName, _ target: Target) -> Ratio? {
    guard let inForce = target.inForce, let mirror = inForce.mirror,
      let limit = inForce.copiesPerSecond
    else { return nil }
    return meter.copied(mirror.weight, atMost: limit, of: deployment)
  }

  func capturedShare(of deployment: DeploymentName, _ target: Target) -> PerMille {
    let copies = target.inForce?.mirror == nil ? 0 : copyMeter.rate(of: deployment) ?? 0
    return (target.inForce?.sampling ?? .none).share(
      atRate: (meter.rate(of: deployment) ?? 0) + copies)
  }

  /// A lease that has no successor runs out by itself.
  func takeLease(_ services: Services) async {
    guard services.tail != nil else { return }
    for tail in services.tails {
      guard await tail.hasRoom else {
        return logger.warning("capturing pauses: what was captured is not read fast enough")
      }
    }
    lease = CaptureLease(
      end: SystemClock().now.advanced(by: CaptureLease.length),
      // Where requests are copied two Envoys capture.
      bytesPerThread: setup.captureAllowance / ((mirrored.isEmpty ? 1 : 2) * setup.envoyThreads))
  }

  /// Nothing is captured for nobody, when Envoy can still be told; otherwise for a minute.
  func endCapture(_ services: Services) async {
    guard services.tail != nil else { return }
    renewal?.cancel()
    await renewal?.value
    (renewal, lease) = (nil, nil)
    for tail in services.tails { await tail.stop() }
    guard await services.envoy.isServing else { return }
    await publishRoutes(services, orWarn: "capturing goes on for a minute")
  }

  /// Returns the newest error of each server, of clients or of copies.
  func errorSamples(_ services: Services) -> [ServerKey: ErrorSample] {
    services.tails.reduce(into: [:]) { errors, tail in
      errors.merge(tail.errors(of: servers.keys)) { $0.at > $1.at ? $0 : $1 }
    }
  }

  /// Returns whether Envoy took the routes as they are now.
  @discardableResult
  func publishRoutes(_ services: Services, orWarn warning: Logger.Message) async -> Bool {
    do {
      try await mutex.withLock { try await services.envoy.publish(routeTable) }
      return true
    } catch {
      logger.warning(warning, metadata: ["error": "\(error)"])
      return false
    }
  }
}
