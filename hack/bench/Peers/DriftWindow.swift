package import Analysis

/// What a rule compares whenever it checks: the last looks, or all of them, with stable or with a
/// profile.
package struct DriftWindow: Sendable {
  /// Over which the samples go.
  package enum Span: Sendable {
    case everything
    case looks(Int)
  }

  package struct Pair: Sendable {
    let current: BinCounts
    let reference: BinCounts
  }

  private let span: Span
  private let looksPerCheck: Int
  private let profile: [BinCounts]?
  private var seen = 0
  private var kept: [[BinArms]] = []

  /// - Parameters:
  ///   - span: Which looks are compared.
  ///   - looksPerCheck: A check comes after each so many looks.
  ///   - profile: What to compare each feature with; nil for stable, in the same looks.
  package init(_ span: Span, looksPerCheck: Int, profile: [BinCounts]? = nil) {
    precondition(looksPerCheck > 0, "a check after \(looksPerCheck) looks")
    self.span = span
    self.looksPerCheck = looksPerCheck
    self.profile = profile
  }

  /// Returns what is compared of each feature, when a check is due.
  mutating func add(_ look: [BinArms]) -> [Pair]? {
    seen += 1
    keep(look)
    guard seen.isMultiple(of: looksPerCheck) else { return nil }
    return look.indices.map { feature in
      let arms = kept.reduce(BinArms.none) { $0 + $1[feature] }
      return Pair(current: arms.candidate, reference: profile?[feature] ?? arms.stable)
    }
  }

  private mutating func keep(_ look: [BinArms]) {
    switch span {
    case .everything:
      kept = [kept.isEmpty ? look : zip(kept[0], look).map { $0 + $1 }]
    case .looks(let most):
      if kept.count == most { kept.removeFirst() }
      kept.append(look)
    }
  }
}
