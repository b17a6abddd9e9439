import Manifests
import Rollouts

extension Catalog {
  /// Takes out what is more than a group may have, and says what is to be said of groups.
  ///
  /// - Returns: The names that were taken out, whose last good versions stay in force.
  func takeOutCrowds(
    of wanted: inout [DeploymentName: Snapshot.Wanted], beside unchanged: Set<DeploymentName>,
    _ history: SourceHistory
  ) -> (Set<DeploymentName>, [Diagnostic]) {
    let present = history.recorded.compactMapValues { $0.deployment?.group }
    let rules = GroupRules(
      wanted.map { name, wanted in
        .init(deployment: wanted.deployment, path: wanted.path, position: wanted.group)
      }, present: present, held: unchanged)
    for name in rules.refused { wanted[name] = nil }
    return (rules.refused, rules.diagnostics)
  }
}
