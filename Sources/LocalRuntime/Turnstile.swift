/// Lets one task at a time through, across its suspensions, in the order in which they came.
///
/// An actor alone does not: at every `await` another caller may enter it, and two callers that
/// each write a whole configuration would undo each other's.
actor Turnstile {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Waits for its turn, which `leave` must end.
  func enter() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}

extension Turnstile {
  /// Runs `body` while no other body of this turnstile runs, on the caller's executor.
  nonisolated func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
    await enter()
    do {
      let result = try await body()
      await leave()
      return result
    } catch {
      await leave()
      throw error
    }
  }
}
