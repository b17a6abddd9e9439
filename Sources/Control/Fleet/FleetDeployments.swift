import Rollouts
import Wording

/// The decisions of late, by deployment, for those who look at them one by one.
struct ToldDecisions {
  private(set) var all: [DeploymentName: [ToldDecision]] = [:]
  private var count = 0

  /// Who looks every second misses none of so many.
  private static let kept = 8

  mutating func note(_ decision: Decision, of deployment: DeploymentName) {
    count += 1
    let told = ToldDecision(
      number: count, verdict: decision.verdict, version: decision.revision?.model.version,
      sentence: decision.sentence, at: decision.decidedAt)
    all[deployment] = ((all[deployment] ?? []) + [told]).suffix(Self.kept)
  }
}

extension Fleet {
  /// What there was to see of each deployment after the last pass; empty where it is shown to no one.
  package nonisolated var deployments: [DeploymentReport] { readModel.deployments }

  func makeDeployments() -> [DeploymentReport] {
    guard showsDeployments else { return [] }
    return members.values.map { member in
      let rollout = member.rollout
      return DeploymentReport(
        name: rollout.name, runtime: rollout.deployment?.runtime ?? member.home,
        wanted: rollout.deployment?.revision.model.version, position: rollout.position,
        stable: rollout.stable?.model.version, candidate: rollout.candidate?.model.version,
        // Of stable alone it grows with every request, and says nothing.
        exposure: rollout.candidate == nil ? Exposure() : rollout.exposure,
        isHeld: !rollout.holds.isEmpty,
        isAlerting: rollout.alert != nil, generation: rollout.generation,
        told: told.all[rollout.name] ?? [])
    }
  }
}
