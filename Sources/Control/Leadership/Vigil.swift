package import Ledger
package import Rollouts

/// Waiting for another controller's lease to be over.
///
/// A controller that is in charge shows that it lives: by what it publishes, and by a sign of life when it has
/// nothing to publish. One that finds an epoch that is not its own watches for both, and claims nothing before
/// the remote showed neither for a whole lease. Only its own clock is read, and only lengths of time count.
package struct Vigil: Equatable, Sendable {
  /// What is never the same again when somebody lives.
  package struct Sign: Equatable, Sendable {
    let branch: String?
    let life: String?

    package init(branch: String?, life: String?) {
      self.branch = branch
      self.life = life
    }
  }

  /// Who is in charge.
  package let owner: Epoch
  /// The longer of the owner's lease and of one's own.
  package let lease: Duration
  private var sign: Sign
  /// When the last sign was seen.
  private var seenAt: Instant
  /// Whether there was a sign since the first look: before, nobody knows whether the owner lives.
  package private(set) var isAlive = false
  package private(set) var isOver = false

  /// What the owner's record says is bounded: whoever can push could have written it.
  private static let longestLease = Duration.seconds(7 * 86_400)

  package init(owner: Epoch, lease: Duration, sign: Sign, at now: Instant) {
    self.owner = owner
    self.lease = max(lease, min(.milliseconds(owner.lease), Self.longestLease))
    self.sign = sign
    seenAt = now
  }

  /// When the wait ends unless there is another sign.
  package var until: Instant { seenAt.advanced(by: lease) }

  /// Takes note of what the remote showed.
  ///
  /// - Parameters:
  ///   - sign: What it showed.
  ///   - began: When it was asked: the silence is proven until then.
  ///   - now: When it had answered: a new sign may be as young as that.
  package mutating func note(_ sign: Sign, asked began: Instant, answered now: Instant) {
    if sign == self.sign {
      isOver = began >= until
    } else {
      (self.sign, seenAt, isAlive, isOver) = (sign, now, true, false)
    }
  }
}
