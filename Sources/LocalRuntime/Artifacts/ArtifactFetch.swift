import Rollouts

/// A fetch that is under way, and who waits for it.
///
/// It goes on for as long as anybody waits: whoever gives up, by a cancellation or a time-out, does so
/// for themselves. The store that made it is the only one that touches it.
final class ArtifactFetch {
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
  func shared(_ model: Model, from origin: ArtifactOrigin) async throws -> Artifact {
    waiters += 1
    let number = waiters
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        guard !Task.isCancelled else { return waiter.resume(throwing: CancellationError()) }
        fetch(model, from: origin).join(number, waiter)
      }
    } onCancel: {
      Task { await self.leave(origin, number) }
    }
  }

  private func fetch(_ model: Model, from origin: ArtifactOrigin) -> ArtifactFetch {
    if let known = fetches[origin] { return known }
    let fetch = ArtifactFetch()
    fetches[origin] = fetch
    fetch.begin(
      Task {
        do {
          end(fetch, from: origin, .success(try await transfer(model, expecting: origin.digest)))
        } catch {
          end(fetch, from: origin, .failure(error))
        }
      })
    return fetch
  }

  private func end(
    _ fetch: ArtifactFetch, from origin: ArtifactOrigin, _ result: Result<Artifact, any Error>
  ) {
    if fetches[origin] === fetch { fetches[origin] = nil }
    fetch.end(result)
  }

  private func leave(_ origin: ArtifactOrigin, _ number: Int) {
    // Whoever comes next begins anew, and does not hear of the cancellation.
    if fetches[origin]?.leave(number) == true { fetches[origin] = nil }
  }
}
