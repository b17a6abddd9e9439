import Rollouts

/// A fetch that is under way, and who waits for it.
///
/// It goes on for as long as anybody waits: whoever gives up, by a cancellation or a time-out, does so
/// for themselves. The store that made it is the only one that touches it.
final class ArtifactFetch {
  /// What is fetched, and the namespace whose quota it counts against; nil for none.
  ///
  /// One namespace may have room for it while another has not, so each has a fetch of its own.
  struct Key: Hashable {
    let origin: ArtifactOrigin
    let namespace: String?
  }

  private var waiters: [Int: CheckedContinuation<Artifact, any Error>] = [:]
  private var task: Task<Void, Never>?

  func begin(_ task: Task<Void, Never>) { self.task = task }

  func join(_ number: Int, _ waiter: CheckedContinuation<Artifact, any Error>) {
    waiters[number] = waiter
  }

  /// Lets one go; returns whether it was the last one.
  ///
  /// That one stays until the fetch has cleaned up, and then hears that it was cancelled.
  func leave(_ number: Int) -> Bool {
    guard waiters[number] != nil else { return false }
    guard waiters.count > 1 else {
      task?.cancel()
      return true
    }
    waiters.removeValue(forKey: number)?.resume(throwing: CancellationError())
    return false
  }

  func end(_ result: Result<Artifact, any Error>) {
    for waiter in waiters.values { waiter.resume(with: result) }
    waiters = [:]
  }
}

// Waiting for a fetch.
extension ArtifactStore {
  /// Returns what a fetch brings, which is begun when nobody waits for it yet.
  func shared(_ model: Model, from key: ArtifactFetch.Key) async throws -> Artifact {
    waiters += 1
    let number = waiters
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        guard !Task.isCancelled else { return waiter.resume(throwing: CancellationError()) }
        fetch(model, from: key).join(number, waiter)
      }
    } onCancel: {
      Task { await self.leave(key, number) }
    }
  }

  private func fetch(_ model: Model, from key: ArtifactFetch.Key) -> ArtifactFetch {
    if let known = fetches[key] { return known }
    let fetch = ArtifactFetch()
    fetches[key] = fetch
    fetch.begin(
      Task {
        do {
          let artifact = try await transfer(
            model, expecting: key.origin.digest, countedFor: key.namespace)
          end(fetch, from: key, .success(artifact))
        } catch {
          end(fetch, from: key, .failure(error))
        }
      })
    return fetch
  }

  private func end(
    _ fetch: ArtifactFetch, from key: ArtifactFetch.Key, _ result: Result<Artifact, any Error>
  ) {
    if fetches[key] === fetch { fetches[key] = nil }
    fetch.end(result)
  }

  private func leave(_ key: ArtifactFetch.Key, _ number: Int) {
    // Whoever comes next begins anew, and does not hear of the cancellation.
    if fetches[key]?.leave(number) == true { fetches[key] = nil }
  }
}
