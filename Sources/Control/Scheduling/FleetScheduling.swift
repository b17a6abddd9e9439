import Rollouts

// Who is looked at next.
extension Fleet {
  /// Plans the next look at a deployment, in its own lane or in a more urgent one.
  ///
  /// - Returns: The number of the turn; nil when there is no such deployment.
  @discardableResult
  func plan(_ name: DeploymentName, at due: Instant, in lane: Schedule.Lane = .progress) -> Int? {
    guard let member = members[name] else { return nil }
    return schedule.plan(name, at: due, in: min(lane, member.lane))
  }

  /// Plans a look at every deployment as soon as there is a pass; who waits in the one under way keeps the
  /// place, or commits that come quickly would let the last of them wait for ever.
  ///
  /// - Parameter first: Whose look has a reason of its own: of those that are equally urgent they come before the others.
  func planAll(_ first: Set<DeploymentName> = []) {
    let names = members.keys.sorted()
    for name in names.filter(first.contains) + names.filter({ !first.contains($0) })
    where !schedule.isInRound(name) {
      plan(name, at: Self.never)
    }
  }
}
