import Ledger
package import Rollouts

/// A range of time, from its first moment up to, and without, its last.
package struct Period: Equatable, Sendable {
  /// Nil for the beginning of the ledger.
  package let from: Instant?
  /// The first moment that is outside; nil for the end of the ledger.
  package let until: Instant?

  package init(from: Instant? = nil, until: Instant? = nil) {
    self.from = from
    self.until = until
  }

  package func contains(_ moment: Instant) -> Bool {
    (from.map { $0 <= moment } ?? true) && (until.map { moment < $0 } ?? true)
  }

  /// Whether anything between two moments, in either order, lies inside; nil is long ago.
  package func overlaps(_ one: Instant?, _ other: Instant) -> Bool {
    let last = one.map { max($0, other) } ?? other
    let isBefore = from.map { last < $0 } ?? false
    guard let one, let until else { return !isBefore }
    return !isBefore && min(one, other) < until
  }
}
