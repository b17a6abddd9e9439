import Control
import Kubernetes
import Logging
import Manifests
import Rollouts

// Writes: an object that is somebody else's stays as it is.
extension ClusterRuntime {
  /// Makes one object so.
  ///
  /// - Throws: `ClusterRuntimeError` when it belongs to something else, or is fought over; `KubernetesError`.
  func apply(
    _ drawn: DrawnObject, for deployment: DeploymentName, isUrgent: Bool, isMending: Bool = false
  ) async throws {
    var (attempts, isForced) = (0, false)
    if isMending { try contest(drawn, by: "somebody else") }
    while true {
      let known = try await known(drawn, isUrgent: isUrgent)
      try refuseForeign(known, drawn, deployment)
      do {
        return try await send(drawn, known, isUrgent: isUrgent, isForced: isForced)
      } catch let error as KubernetesError where error.kind == .stale && attempts < 3 {
        // A gateway writes what it has to say into the same object.
        try await refresh(drawn, isUrgent: isUrgent)
        attempts += 1
      } catch let error as KubernetesError where !isForced {
        guard case .conflict(let fields) = error.kind else { throw error }
        // One correction is counted once, however many requests it takes; what was decided is no quarrel, and a way
        // back waits for none.
        let whom = fields.first?.message ?? "somebody else"
        if isUrgent { warn(drawn, by: whom) } else if !isMending { try contest(drawn, by: whom) }
        isForced = true
      }
    }
  }

  private func send(
    _ drawn: DrawnObject, _ known: ClusterEntry?, isUrgent: Bool, isForced: Bool
  ) async throws {
    // A change since this one was looked at is seen: a route of a higher generation among them.
    let json = drawn.identified(uid: known?.metadata.uid, version: known?.metadata.resourceVersion)
    let entry: ClusterEntry = try await client.apply(
      json, drawn.type, drawn.name, ownership: isForced ? .forced : .respected, isUrgent: isUrgent)
    cache.set(entry, drawn.type)
    settled[ClusterCache.Key(type: drawn.type, name: drawn.name)] = Settled(
      drawn, generation: entry.metadata.generation)
  }

  /// Undoes what others have done to an object, as the operator wants it and not for ever.
  private func contest(_ drawn: DrawnObject, by whom: String) throws {
    let key = ClusterCache.Key(type: drawn.type, name: drawn.name)
    let what = "\(key.type.kind) \(key.name)"
    guard setup.settings.foreignChanges == .correct else {
      throw ClusterRuntimeError(
        .contested, "\(what) was changed by somebody else and stays so (foreignChanges): \(whom)")
    }
    guard contests.mayCorrect(key, at: .now) else {
      throw ClusterRuntimeError(
        .contested, "\(what) is changed again and again, and is left alone for a while: \(whom)")
    }
    warn(drawn, by: whom)
  }

  private func warn(_ drawn: DrawnObject, by whom: String) {
    logger.warning(
      "an object was changed by somebody else, and is set right",
      metadata: ["object": "\(drawn.type.kind) \(drawn.name)", "by": "\(whom.inOneLine)"])
  }

  /// What is there under the name; asked for when nothing of this runtime is known there.
  private func known(_ drawn: DrawnObject, isUrgent: Bool) async throws -> ClusterEntry? {
    if let entry = cache[drawn.type, drawn.name] { return entry }
    return try await client.find(drawn.type, drawn.name, isUrgent: isUrgent)
  }

  private func refresh(_ drawn: DrawnObject, isUrgent: Bool) async throws {
    let entry: ClusterEntry? = try await client.find(drawn.type, drawn.name, isUrgent: isUrgent)
    if let entry {
      cache.set(entry, drawn.type)
    } else {
      cache.remove(drawn.type, drawn.name)
    }
  }

  private func refuseForeign(
    _ entry: ClusterEntry?, _ drawn: DrawnObject, _ deployment: DeploymentName
  ) throws {
    guard let entry else { return }
    guard entry.belongs(to: deployment, by: setup.owner) else {
      let whose = entry.deployment.map { " of \($0)" } ?? ""
      throw ClusterRuntimeError(
        .foreign,
        "\(drawn.type.kind) \(drawn.name) is there already and is not \(deployment)'s: it is\(whose)"
          + " by \(entry.owner ?? "somebody else"); rename one of them")
    }
    let theirs = entry.metadata.annotations?[ClusterNames.Key.generation]
      .flatMap(RouteReading.generation)
    let ours = plans[deployment]?.generation
    if let theirs, let ours, theirs > ours {
      throw ClusterRuntimeError(
        .outdated, "\(deployment): generation \(theirs) is in force, so \(ours) is not applied")
    }
  }
}

/// How often what others have done was undone, so that two who disagree do not go on for ever.
struct Contests: Sendable {
  private var corrections: [ClusterCache.Key: [ContinuousClock.Instant]] = [:]

  private static let most = 3
  private static let window = Duration.seconds(600)

  /// Notes a correction and returns true, if there have not been too many of late.
  mutating func mayCorrect(_ key: ClusterCache.Key, at now: ContinuousClock.Instant) -> Bool {
    var recent = (corrections[key] ?? []).filter { now - $0 < Self.window }
    let may = recent.count < Self.most
    if may { recent.append(now) }
    corrections[key] = recent
    return may
  }
}
