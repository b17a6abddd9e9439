package import Ledger
import Encoding
import Manifests
package import Rollouts

/// A deployment that somebody suspends and resumes for ever.
///
/// For whatever needs many decisions: these are the core's own, an audit makes them again, and they
/// are the cheapest there are.
package struct RestlessDeployment: Sendable {
  private var rollout: Rollout
  private var journal: Journal

  package var name: DeploymentName { rollout.name }

  package init(_ name: DeploymentName) { self.init(Rollout(name: name)) }

  /// Goes on where the ledger left it.
  package init(_ resumed: Resumed) { self.init(resumed.rollout) }

  private init(_ rollout: Rollout) {
    self.rollout = rollout
    journal = Journal(after: rollout)
  }

  /// Decides once more; returns the commit that records it, and moves the head behind it.
  ///
  /// Nothing is remembered of a decision whose commit failed when a copy made it.
  package mutating func decide(
    by controller: ControllerIdentity, at now: Instant, over head: inout LedgerHead
  ) throws -> LedgerChange {
    let world = Observation(
      now: now,
      desired: .deployment(Self.deployment(rollout.name, suspended: rollout.holds.isEmpty)))
    journal.note(.observation(world))
    guard let decision = rollout.advance(world) else {
      preconditionFailure("\(rollout.name) is neither suspended nor resumed")
    }
    let change = try head.append(
      decision, of: rollout, source: nil, appliedAt: nil, by: controller, from: journal)
    journal = Journal(after: rollout)
    return change
  }

  private static func deployment(_ name: DeploymentName, suspended: Bool) -> Deployment {
    Deployment(
      name: name, runtime: "local",
      revision: Revision(
        of: Model(
          version: "1", uri: "file:///models/1", digest: nil, format: "sklearn", smoke: nil,
          retry: 0)),
      strategy: Strategy(kind: .recreate, steps: []), objectives: [],
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 1,
        onNoData: .hold, onInconclusive: .hold, noDataAfter: .seconds(60)),
      bake: .zero, prepareWithin: .seconds(60), suspended: suspended)
  }
}
