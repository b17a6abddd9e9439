package import Simulation

/// A rule that watches a rollout and may end it.
///
/// All rules see the same counts at the same looks. What a rule does with them between two of its
/// own decisions, such as waiting for a minute to be full, is its own affair.
package protocol Rule: Sendable {
  /// Takes one look of every metric into account, and returns whether the candidate is rolled back.
  mutating func rollsBack(after look: [MetricLook]) -> Bool
}
