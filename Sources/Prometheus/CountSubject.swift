package import Rollouts

/// What is to be counted: the requests that some series hold of one revision.
package struct CountSubject: Hashable, Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// Labels that a series must have, with their values; several subjects may be of one revision.
  package let labels: [String: String]
  /// Counted from here on, by Prometheus' clock: what grew between two samples of which the earlier is
  /// before this moment belongs to what was there before.
  package let since: Instant

  package init(
    deployment: DeploymentName, revision: Revision.ID, labels: [String: String], since: Instant
  ) {
    self.deployment = deployment
    self.revision = revision
    self.labels = labels
    self.since = since
  }
}
