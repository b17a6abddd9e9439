package import Ledger
package import Rollouts

/// The permission of one life of the controller to raise risk, as long as the remote confirms it.
///
/// It begins when whoever was in charge before must know that it is not any more, and it is over when the
/// remote did not confirm it for its whole length. Only lengths of time of one clock count.
package struct Lease: Equatable, Sendable {
  /// The claim that it rests on.
  package let claim: Claim
  package let begins: Instant
  package let length: Duration
  /// When the remote last showed that nobody else took over: the beginning of that exchange.
  package private(set) var confirmedAt: Instant?

  /// What was permitted at the last moment of a lease may take this long to have its effect.
  static let grace = Duration.seconds(10)

  /// Creates the lease of a claim that was published.
  ///
  /// - Parameters:
  ///   - claim: The claim.
  ///   - now: When it was seen to be published.
  ///   - confirmedAt: When the exchange began that published it; nil when none did.
  ///   - length: How long the remote may be silent.
  ///   - quiet: For how long another controller may go on raising risk; nil when none can be alive.
  package init(
    of claim: Claim, publishedAt now: Instant, confirmedAt: Instant?, length: Duration,
    quiet: Duration?
  ) {
    self.claim = claim
    self.length = length
    self.confirmedAt = confirmedAt
    begins = quiet.map { now.advanced(by: $0 + Self.grace) } ?? now
  }

  package mutating func confirm(_ began: Instant) { confirmedAt = began }

  /// Whether risk may be raised now.
  package func isHeld(at now: Instant) -> Bool {
    guard let confirmedAt else { return false }
    return now >= begins && now.since(confirmedAt) <= length
  }

  /// Until when the controller before this one may still raise risk; nil when that is over.
  package func quietUntil(at now: Instant) -> Instant? { now < begins ? begins : nil }

  /// Whether the remote is to be asked again: a quarter of a lease leaves three more tries before it ends.
  package static func isConfirmationDue(
    _ confirmedAt: Instant?, length: Duration, at now: Instant
  ) -> Bool {
    confirmedAt.map { now.since($0) >= length / 4 } ?? true
  }
}
