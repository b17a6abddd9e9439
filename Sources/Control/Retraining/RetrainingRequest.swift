import Ledger
package import Rollouts

/// Whoever is asked to train a model again.
package protocol Trainer: Sendable {
  /// Tells of a decision that asks for it; bounded in time.
  ///
  /// It may be told of one decision twice, when the controller dies in between: `digest` is the same.
  func ask(_ request: RetrainingRequest) async throws
}

/// What a trainer is told: a decision, and where its record is.
package struct RetrainingRequest: Equatable, Sendable, Codable {
  package let deployment: DeploymentName
  package let decision: Decision
  /// The decision's number among its deployment's.
  package let seq: Int
  /// The digest of its record.
  package let digest: String
  /// When it is too late to ask: from then on another decision may.
  package let until: Instant

  package init(
    deployment: DeploymentName, decision: Decision, seq: Int, digest: String, until: Instant
  ) {
    self.deployment = deployment
    self.decision = decision
    self.seq = seq
    self.digest = digest
    self.until = until
  }

  /// The path of the record on the ledger's branch.
  package var path: String {
    LedgerPaths.record(deployment, seq: seq, at: decision.decidedAt)
  }

  /// Returns what the newest record of a deployment asks for, or nil when it asks nothing.
  init?(_ decision: Decision, of deployment: DeploymentName, recordedBy head: LedgerHead) {
    let seq = head.seq(of: deployment)
    guard let retraining = head.retraining(of: deployment), retraining.decision == seq,
      let digest = head.digest(of: deployment)
    else { return nil }
    self.init(
      deployment: deployment, decision: decision, seq: seq, digest: digest,
      until: retraining.until)
  }
}
