/// What an A/B test is decided on: whether more entities reach a goal with one revision than with the other.
///
/// An entity is whatever the header or cookie of the affinity names: a user, a tenant, a session.
package struct Goal: Hashable, Sendable, Codable {
  /// Whether it is good when more entities reach it.
  package enum Better: String, Sendable, Codable { case higher, lower }

  /// The name by which feedback reports that an entity reached it: "conversion".
  package let metric: String
  package let better: Better

  package init(metric: String, better: Better = .higher) {
    self.metric = metric
    self.better = better
  }
}
