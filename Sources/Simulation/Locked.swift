import Foundation

/// State behind a lock that is never held across an `await`.
///
/// NSLock and not Synchronization.Mutex, whose accesses the thread sanitizer reports falsely on Linux.
final class Locked<State>: @unchecked Sendable {  // `state` is touched with `lock` held only
  private let lock = NSLock()
  private var state: State

  init(_ state: State) { self.state = state }

  func with<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&state)
  }
}
