/// The rules by which decisions are made: a value that the core is given with each look.
///
/// Versions live side by side. A rule that changes becomes a property here, with its old value in the
/// old versions, so that what was decided by them is decided again for years. A record names the version
/// that made it, and a rollout the version that looked last.
package struct Engine: Equatable, Sendable {
  package let decisionVersion: Int
  /// Fewer bad requests than this never fail a candidate: the first two requests of all may fail by
  /// accident.
  package let leastBad: Int

  package init(decisionVersion: Int, leastBad: Int) {
    self.decisionVersion = decisionVersion
    self.leastBad = leastBad
  }

  package static let version1 = Engine(decisionVersion: 1, leastBad: 3)

  /// The rules that decide today.
  package static let current = version1
  /// Every version that was ever released, oldest first.
  package static let all = [version1]
  /// What a rollout begins with, before any look: the first version, for ever.
  static let firstVersion = 1
}

extension [Engine] {
  /// Returns the rules of a version; nil when they are not among these.
  package func rules(of decisionVersion: Int) -> Engine? {
    first { $0.decisionVersion == decisionVersion }
  }
}
