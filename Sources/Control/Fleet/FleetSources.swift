import Logging
import Ledger
import Rollouts

// What the manifests ask for, as far as it is accepted.
extension Fleet {
  /// Follows a new commit from now on.
  package func follow(_ snapshot: Snapshot) {
    let before = self.snapshot
    self.snapshot = snapshot
    for name in snapshot.wanted.keys where members[name] == nil {
      members[name] = Member(rollout: Rollout(name: name))
    }
    judgeRemovals(snapshot, isFirstSight: before == nil)
    findGroups()
    planAll(before.map { snapshot.changed(since: $0) } ?? [])
  }

  private func judgeRemovals(_ snapshot: Snapshot, isFirstSight: Bool) {
    let alive = members.filter { $0.value.isAlive }
    let missing = alive.keys.filter {
      snapshot.wanted[$0] == nil && !snapshot.unchanged.contains($0)
    }
    let before = removals.held
    removals = Removals(
      missing: missing.sorted(), of: alive.count, isConfirmed: snapshot.confirmsRemoval,
      isFirstSight: isFirstSight)
    guard !removals.held.isEmpty, removals.held != before else { return }
    logger.warning(
      "manifests are gone, many at once or all: their deployments stay until a commit confirms it",
      metadata: [
        "count": "\(removals.held.count)", "commit": "\(snapshot.tip.commit.prefix(12))",
        "confirm": "git commit --allow-empty -m 'Remove them' --trailer '\(Snapshot.confirmation)'",
      ])
  }

  /// Returns the name of the runtime that serves a deployment, or that is to.
  func home(of name: DeploymentName) -> String? {
    let rollout = members[name]?.rollout
    let wanted = snapshot?.wanted[name]?.deployment.runtime
    let serving = rollout?.deployment.map { $0.runtime ?? ports.runtimes.names[0] }
    return (rollout?.phase == .retired ? wanted : serving) ?? serving ?? wanted
      ?? ports.runtimes.names[0]
  }

  /// Returns which manifest is followed, and who wrote or removed it; nil when it stays as it was.
  func source(of name: DeploymentName) -> SourceReference? {
    guard let snapshot else { return nil }
    guard removals.accepted.contains(name) else { return snapshot.source(of: name, in: repository) }
    return snapshot.changes[name].flatMap { members[name]?.source?.with($0) }
  }

  /// What the newest record of each deployment is about.
  var recorded: [DeploymentName: RecordedManifest] { members.compactMapValues(\.recorded) }

  func desired(_ name: DeploymentName) -> Desired {
    if let wanted = snapshot?.wanted[name] { return .deployment(wanted.deployment) }
    return removals.accepted.contains(name) ? .removed : .unchanged
  }

  /// Whether nothing is under way: every deployment is healthy, gone, or stands still.
  package var isAtRest: Bool {
    members.allSatisfy { name, member in
      let wanted = snapshot?.wanted[name]?.deployment
      let isFollowed = wanted == nil || wanted == member.rollout.deployment
      return isFollowed && member.isAtRest && member.unrecorded.isEmpty
    }
  }
}

extension Snapshot {
  /// The deployments of which something else is asked than before.
  fileprivate func changed(since before: Snapshot) -> Set<DeploymentName> {
    let names = Set(wanted.keys).union(before.wanted.keys)
    return names.filter { wanted[$0]?.deployment != before.wanted[$0]?.deployment }
  }
}
