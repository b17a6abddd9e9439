/// A lock that one of several controllers holds, kept where all of them run.
package protocol LeaderLock: Sendable {
  /// Takes or renews the lock if it may.
  ///
  /// - Throws: When that cannot be known now.
  func hold() async throws -> LockHold
  /// Gives it up, so that another controller need not wait.
  func release() async throws
}

/// How a lock stands to this controller.
package struct LockHold: Equatable, Sendable {
  package let isHeld: Bool
  /// The lives of controllers that held it earlier, and know or will know that they have lost it.
  package let predecessors: Set<String>

  package init(isHeld: Bool, predecessors: Set<String>) {
    self.isHeld = isHeld
    self.predecessors = predecessors
  }
}
