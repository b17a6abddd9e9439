package import Rollouts

/// What is to be counted: the requests that some series hold of one revision.
package struct CountSubject: Hashable, Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// Labels that a series must have, with their values; several subjects may be of one revision.
  package let labels: [String: String]
  /// Since when only this revision can have been counted so, by Prometheus' clock; nil when that is not known.
  ///
  /// What grew between two samples of which the earlier is before this moment belongs to what was there before. Where
  /// the moment is not known, an earlier life may have counted what the first answer holds.
  package let since: Instant?

  package init(
    deployment: DeploymentName, revision: Revision.ID, labels: [String: String], since: Instant?
  ) {
    self.deployment = deployment
    self.revision = revision
    self.labels = labels
    self.since = since
  }
}
