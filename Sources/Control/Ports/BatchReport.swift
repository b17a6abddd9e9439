package import Rollouts

/// How far one run of a job is.
package struct BatchReport: Equatable, Sendable {
  package let deployment: DeploymentName
  /// What the run reads.
  package let revision: Revision.ID
  /// Tells the runs of a deployment apart.
  package let run: String
  /// How many records the run has scored so far, those that failed among them.
  package let requests: Int
  package let errors: Int

  package init(
    deployment: DeploymentName, revision: Revision.ID, run: String, requests: Int, errors: Int
  ) {
    precondition(0 <= errors && errors <= requests, "\(errors) errors of \(requests)")
    self.deployment = deployment
    self.revision = revision
    self.run = run
    self.requests = requests
    self.errors = errors
  }
}
