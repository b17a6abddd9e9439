package import Encoding
package import Rollouts
import Wording

/// One decision as the ledger keeps it: immutable, canonical JSON, one file.
///
/// Moments are integers in milliseconds since 1970 (UTC), shares in per mille, ratios in parts per
/// million; evidence is in thousandths of natural logarithms. A field of the record that is absent is
/// `null`, never left out; only `retraining`, `goal`, `arms`, `slices`, `group` and `differences` are, which most records of most
/// ledgers have no use for. The loss of the first five shows in the records around it, and nothing rests on the last. Its
/// file has one field more, `replay`: what the decision is derived from, or
/// null when that is in the evidence file.
package struct Record: Equatable, Sendable, Codable {
  package let schema: String
  /// Counts this deployment's decisions, from 1, without a gap.
  package let seq: Int
  /// Counts this branch's decisions, from 1, without a gap.
  package let ledgerSeq: Int
  /// The digest of the previous record of the same deployment.
  @SpeltOut package var prev: String?
  package let deployment: DeploymentName
  package let rollout: Int
  package let controller: RecordedController
  /// The moment that the decision is about: everything it rests on had been observed by then.
  package let observedAt: Instant
  /// The moment of the decision; a controller that decides at once has no other than `observedAt`.
  package let decidedAt: Instant
  /// When the previous decision of this deployment was seen in force.
  @SpeltOut package var previousAppliedAt: Instant?
  package let verdict: Decision.Verdict
  package let cause: Decision.Cause
  package let reason: Reason
  /// What the runtime said that belongs to the reason: text from outside, which no code reads.
  @SpeltOut package var detail: Detail?
  /// The reason as a sentence, for people who read the JSON: no code reads it, but to compare the
  /// commit's message with.
  package let text: String
  /// Why it was recorded after it took effect; null when it was recorded before.
  @SpeltOut package var late: Lateness?
  package let from: Position
  package let to: Position
  /// How the decision asks that requests reach the revisions.
  package let routes: [Plan.Route]
  package let generation: Int
  /// The revision that was decided about.
  @SpeltOut package var revision: Revision?
  @SpeltOut package var stable: Revision?
  /// What the manifest asks for, and why that is not tried; null once it is gone.
  @SpeltOut package var wanted: RecordedWanted?
  @SpeltOut package var source: SourceReference?
  package let checks: [CheckReport]
  /// What was found about drift, where that is watched and the decision rests on what was counted.
  package let drift: [DriftReport]
  /// How an A/B test stood; left out where there is none.
  package let goal: GoalReport?
  /// How each candidate of an A/B test of several did, in the order of their parts; left out where there was one alone.
  package let arms: [ArmReport]?
  /// How slices of the requests did; left out where there are none.
  package let slices: SlicesReport?
  /// Whom the deployment moves with, and where each of them was; left out without a group.
  package let group: GroupReport?
  package let exposure: Exposure
  /// What a reader should know of it.
  package let remarks: [Remark]
  /// How the server of the revision ended, when it did on trial.
  @SpeltOut package var crash: Crash?
  /// An answer that counted as an error: a model's own text, on which nothing was decided.
  @SpeltOut package var errorSample: ErrorSample?
  /// Which requests were answered otherwise than stable answered them, on which nothing was decided; left out where
  /// none stand out.
  package let differences: DifferencesReport?
  package let engine: RecordedEngine
  /// The digest of the evidence file beside the record, when that is too large to hold here.
  @SpeltOut package var evidence: String?
  /// Whom to train the model again was asked, while the cool-down lasts; left out otherwise.
  package var retraining: Retraining?

  package static let schema = "serin.dev/decision-v1"
}

extension Record: Explained {}

/// Who decides.
package struct ControllerIdentity: Equatable, Sendable {
  package let instance: String
  package let version: String
  /// What no other life of any controller has.
  package let life: String
  /// How long it may be silent before another controller takes over by itself.
  package let lease: Duration

  package init(
    instance: String, version: String, life: String, lease: Duration = .seconds(3600)
  ) {
    self.instance = instance
    self.version = version
    self.life = life
    self.lease = lease
  }
}

/// Who decided.
package struct RecordedController: Equatable, Sendable, Codable {
  package let instance: String
  package let version: String
  /// The epoch of the branch: each life of a controller claims the number after the last.
  package let epoch: Int
}

/// Which manifest asked for it, and who wrote that.
package struct SourceReference: Equatable, Sendable, Codable {
  package let repository: String
  /// The tip of the branch that the manifest was read at, whatever that commit changed.
  package let commit: String
  package let path: String
  package let blob: String
  /// The tip before, when this one rewrote history.
  @SpeltOut package var rewrittenFrom: String?
  /// The commits that changed the manifest or its profile since the manifest that was decided on before,
  /// newest first.
  package let changes: [SourceChange]
  /// How many more of them there are; nil when the history does not say.
  @SpeltOut package var moreChanges: Int?

  package init(
    repository: String, commit: String, path: String, blob: String, rewrittenFrom: String?,
    changes: SourceChanges
  ) {
    self.repository = repository
    self.commit = commit
    self.path = path
    self.blob = blob
    self.rewrittenFrom = rewrittenFrom
    self.changes = changes.listed
    moreChanges = changes.more
  }

  /// Returns the manifest after other commits: those that removed it.
  package func with(_ changes: SourceChanges) -> SourceReference {
    SourceReference(
      repository: repository, commit: commit, path: path, blob: blob,
      rewrittenFrom: rewrittenFrom, changes: changes)
  }
}

/// Which rules decided.
package struct RecordedEngine: Equatable, Sendable, Codable {
  package let decisionVersion: Int
}
