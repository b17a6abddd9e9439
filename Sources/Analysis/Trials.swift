/// What one arm did in one look: so many requests, so many of them bad.
package struct Trials: Equatable, Sendable {
  package let bad: Int
  package let total: Int

  package static let none = Trials(unchecked: 0, 0)

  /// Creates trials, or nil when the counts cannot be counts: negative, more bad than total, or
  /// beyond the integers that a Double holds exactly.
  package init?(bad: Int, total: Int) {
    guard 0 <= bad, bad <= total, total <= 1 << 53 else { return nil }
    self.init(unchecked: bad, total)
  }

  private init(unchecked bad: Int, _ total: Int) {
    self.bad = bad
    self.total = total
  }
}
