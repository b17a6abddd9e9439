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
  /// Whether the last of them gave it up, and so had ended; it may be in the middle of something else.
  package let wasGivenUp: Bool

  package init(isHeld: Bool, predecessors: Set<String>, wasGivenUp: Bool = false) {
    self.isHeld = isHeld
    self.predecessors = predecessors
    self.wasGivenUp = wasGivenUp
  }
}
