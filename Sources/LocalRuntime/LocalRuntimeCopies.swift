import Control
import HTTP
import Logging
import Manifests
import Rollouts
import Threads

// Copies: an Envoy of their own sends them on, which runs while a deployment has a mirror.
extension LocalRuntime {
  /// Has the Envoy of copies run and know the servers that get copies.
  func startCopies(_ services: Services) async throws {
    uncopiedSince = nil
    guard await !services.copies.isStarted else { return }
    let configuration = configuration(of: .copies)
    try await services.copies.start([
      configuration.clusters(clusterList), configuration.listeners(),
    ])
    if renewal != nil { await services.copyTail?.start() }
  }

  /// Tells the Envoy of copies the servers, if it is to run and if there is anything new to tell.
  func tellCopies(_ services: Services) async throws {
    let clusters = configuration(of: .copies).clusters(clusterList)
    guard await services.copies.isStarted, await !services.copies.hasTaken(clusters) else { return }
    try await services.copies.publish(clusters)
  }

  /// Takes over an Envoy of copies, or starts one; an earlier controller's is ended where nothing is copied any more.
  ///
  /// Clients are served without it. It is tried again with each plan, because a mirror without it is not in force.
  func resumeCopies(_ services: Services) async {
    do {
      if mirrored.isEmpty {
        try await services.copies.shutdownLeftover(within: .zero)
      } else {
        try await startCopies(services)
      }
    } catch {
      logger.warning("copies are not sent yet", metadata: ["error": "\(error)"])
    }
  }

  /// Which Envoys run and have taken what they were told.
  struct Serving {
    let clients: Bool
    let copies: Bool

    /// Whether what was last told of a deployment is so: a mirror needs both.
    func isInForce(_ target: Target) -> Bool {
      clients && (copies || target.inForce?.mirror == nil)
    }
  }

  func serving(_ services: Services) async -> Serving {
    Serving(clients: await services.envoy.isServing, copies: await services.copies.isServing)
  }

  /// Whether a server gets copies, or is to get any.
  func isMirrored(_ key: ServerKey) -> Bool {
    let target = targets[key.deployment]
    return [target?.mirror?.revision, target?.inForce?.mirror?.revision].contains(key.revision)
  }

  /// Returns what was counted of copies; nil when nothing is copied, or that cannot be read.
  ///
  /// Without it no more is known of a candidate, and everything of what clients were answered.
  func copyStats(_ services: Services) async -> (epoch: String, stats: EnvoyStats)? {
    guard await services.copies.isServing else { return nil }
    do {
      return try await services.copies.stats()
    } catch {
      logger.warning("copies are not counted now", metadata: ["error": "\(error)"])
      // What reads no copies has them kept where clients are answered.
      if error is HTTPError { await services.copies.replace() }
      return nil
    }
  }

  /// Waits until a server answers neither clients nor copies any more; false when `limit` is over first.
  func isIdle(_ key: ServerKey, within limit: Duration, _ services: Services) async -> Bool {
    let end = ContinuousClock.now + limit
    guard await services.envoy.waitUntilIdle(key, within: limit) else { return false }
    guard await services.copies.isServing else { return true }
    return await services.copies.waitUntilIdle(key, within: end - .now)
  }

  /// Ends the Envoy of copies once no deployment has had a mirror for as long as a copy may take.
  func endCopies(_ services: Services) async {
    guard await services.copies.isStarted, !isCopying else { return uncopiedSince = nil }
    let start = uncopiedSince ?? .now
    uncopiedSince = start
    guard ContinuousClock.now - start > setup.local.requestTimeout else { return }
    do {
      try await mutex.withLock {
        guard !isCopying else { return }
        await services.copyTail?.stop()
        try await services.copies.shutdown(within: .zero)
        mirrored = []
      }
    } catch {
      logger.warning("the envoy of copies did not end", metadata: ["error": "\(error)"])
    }
  }

  private var isCopying: Bool {
    targets.values.contains { $0.mirror != nil || $0.inForce?.mirror != nil }
  }
}
