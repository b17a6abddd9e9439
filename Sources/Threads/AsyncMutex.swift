/// A mutex that one task at a time holds, across its suspensions, in the order in which they came.
///
/// An actor alone does not keep others out: at every `await` another caller may enter it, and two that
/// each write a whole configuration would undo each other's.
package actor AsyncMutex {
  private var isLocked = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init() {}

  /// Waits for its turn, which `unlock` must end.
  package func lock() async {
    guard isLocked else {
      isLocked = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  package func unlock() {
    if waiting.isEmpty { isLocked = false } else { waiting.removeFirst().resume() }
  }
}

extension AsyncMutex {
  /// Runs `body` while no other body of this mutex runs, on the caller's executor.
  package nonisolated func withLock<Result>(_ body: () async throws -> Result) async rethrows
    -> Result
  {
    await lock()
    do {
      let result = try await body()
      await unlock()
      return result
    } catch {
      await unlock()
      throw error
    }
  }
}
