import Control
import HTTP
import Logging
import Manifests
import Rollouts
import Threads

// Copies: an Envoy of their own sends them on. One task alone starts it, tells it its servers and ends it, so that
// nothing that clients need waits for it.
extension LocalRuntime {
  /// What a mirror begins late by.
  private static let heartbeat: Duration = .milliseconds(200)
  /// How often it is seen whether that Envoy still answers: what it does not read is kept where clients are answered.
  private static let probing: Duration = .seconds(2)

  /// What is remembered from one heartbeat to the next.
  struct Copying {
    var task: Task<Void, Never>?
    /// Since when servers have got no copies that got some before.
    var left: [ServerKey: ContinuousClock.Instant] = [:]
    var nextProbe: ContinuousClock.Instant = .now
    /// Whether no Envoy of copies is left, of this controller or of an earlier one.
    var hasEnded = false
  }

  func beginCopying() {
    copying.task = Task { await tendCopies() }
  }

  func endCopying(_ services: Services) async {
    copying.task?.cancel()
    await copying.task?.value
    copying = Copying()
    await services.copies.stop()
  }

  /// Keeps the Envoy of copies as the deployments ask for it, until cancelled.
  private func tendCopies() async {
    var backoff = Backoff(longest: .seconds(5))
    while !Task.isCancelled, let services = try? running() {
      var delay = Self.heartbeat
      do {
        try await tend(services)
        backoff = Backoff(longest: .seconds(5))
      } catch {
        delay = backoff.delay()
        logger.warning("copies are not sent on; trying again", metadata: ["error": "\(error)"])
      }
      try? await Task.sleep(for: delay)
    }
  }

  private func tend(_ services: Services) async throws {
    forgetMirrors()
    if mirrored.isEmpty { try await endCopies(services) } else { try await keepCopies(services) }
  }

  /// Forgets the servers that have had no copies for as long as a copy may take.
  private func forgetMirrors() {
    copying.left = copying.left.filter { mirrored.contains($0.key) && !isMirrored($0.key) }
    for key in mirrored where !isMirrored(key) {
      let since = copying.left[key] ?? .now
      copying.left[key] = since
      if .now - since > setup.local.requestTimeout { mirrored.remove(key) }
    }
  }

  /// Whether a server gets copies, or is to get any.
  private func isMirrored(_ key: ServerKey) -> Bool {
    let target = targets[key.deployment]
    return [target?.mirror?.revision, target?.inForce?.mirror?.revision].contains(key.revision)
  }

  private func keepCopies(_ services: Services) async throws {
    copying.hasEnded = false
    let documents = [copyClusters, configuration(of: .copies).listeners()]
    if await !services.copies.isStarted { try await services.copies.start(documents) }
    if renewal != nil { await services.copyTail?.start() }
    for document in documents where await !services.copies.hasTaken(document) {
      try await services.copies.publish(document)
    }
    guard .now >= copying.nextProbe, await services.copies.isServing else { return }
    copying.nextProbe = .now + Self.probing
    await services.copies.replaceWhenSilent()
  }

  /// Ends the Envoy of copies, also one that an earlier controller has left, and keeps nothing that it captured.
  private func endCopies(_ services: Services) async throws {
    guard !copying.hasEnded else { return }
    try await services.copies.shutdownLeftover(within: .zero)
    try await services.copyTail?.clear()
    copying.hasEnded = true
  }

  /// The servers that get copies.
  private var copyClusters: EnvoyDocument {
    configuration(of: .copies).clusters(clusterList.filter(\.isMirrored))
  }
}

// What the Envoy of copies adds to what is known.
extension LocalRuntime {
  /// Which Envoys run and have taken what they are to be told.
  struct Serving {
    let clients: Bool
    let copies: Bool

    /// Whether what was last told of a deployment is so: a mirror needs both.
    func isInForce(_ target: Target) -> Bool {
      clients && (copies || target.inForce?.mirror == nil)
    }
  }

  func serving(_ services: Services) async -> Serving {
    var copies = false
    if !mirrored.isEmpty, await services.copies.isServing {
      copies = await services.copies.hasTaken(copyClusters)
    }
    return Serving(clients: await services.envoy.isServing, copies: copies)
  }

  /// Returns what was counted of copies; nil when nothing is copied, or that cannot be read.
  ///
  /// Without it no more is known of a candidate, and everything of what clients were answered.
  func copyStats(_ services: Services) async -> (epoch: String, stats: EnvoyStats)? {
    guard !mirrored.isEmpty, await services.copies.isServing else { return nil }
    do {
      return try await services.copies.stats()
    } catch {
      logger.warning("copies are not counted now", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// Waits until a server answers neither clients nor copies any more; false when `limit` is over first.
  func isIdle(_ key: ServerKey, within limit: Duration, _ services: Services) async -> Bool {
    let end = ContinuousClock.now + limit
    guard await services.envoy.waitUntilIdle(key, within: limit) else { return false }
    guard mirrored.contains(key), await services.copies.isServing else { return true }
    return await services.copies.waitUntilIdle(key, within: end - .now)
  }
}
