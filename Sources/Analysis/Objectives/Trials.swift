/// What one arm did in one look: so many requests, so many of them bad.
package struct Trials: Equatable, Sendable, Codable {
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

  /// The bad share; NaN without a request.
  var share: Double { Double(bad) / Double(total) }

  static func + (left: Trials, right: Trials) -> Trials {
    Trials(
      unchecked: left.bad.adding(saturating: right.bad),
      left.total.adding(saturating: right.total))
  }
}

/// What both arms did in the same time.
package struct Arms: Equatable, Sendable, Codable {
  package let candidate: Trials
  /// The arm to compare with; `.none` when it had no traffic.
  package let stable: Trials

  package static let none = Arms(candidate: .none, stable: .none)

  package init(candidate: Trials, stable: Trials) {
    self.candidate = candidate
    self.stable = stable
  }

  static func + (left: Arms, right: Arms) -> Arms {
    Arms(candidate: left.candidate + right.candidate, stable: left.stable + right.stable)
  }
}
