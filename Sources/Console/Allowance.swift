import Threads

/// So much of something that all clients share.
final class Allowance: Sendable {
  private let left: Lock<Int>

  init(_ amount: Int) { left = Lock(amount) }

  /// Takes `amount`, when there is as much.
  func take(_ amount: Int = 1) -> Bool {
    left.withLock { left in
      guard left >= amount else { return false }
      left -= amount
      return true
    }
  }

  func giveBack(_ amount: Int = 1) { left.withLock { $0 += amount } }
}
