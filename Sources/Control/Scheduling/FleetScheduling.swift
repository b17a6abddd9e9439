import Rollouts

// Who is looked at next.
extension Fleet {
  /// Plans the next look at a deployment.
  func plan(_ name: DeploymentName, at due: Instant) {
    guard let member = members[name] else { return }
    schedule.plan(name, at: due, in: member.lane)
  }

  /// Plans a look at every deployment as soon as there is a pass.
  func planAll() {
    for name in members.keys.sorted() { plan(name, at: Self.never) }
  }
}
