// A way back in a hurry: what was stable before comes back with all traffic at once.

extension Rollout {
  /// Whether a revision comes back without steps: the manifest asks for that, and it was stable before
  /// what is stable now.
  func isReversal(to revision: Revision?) -> Bool {
    guard let stable, let revision, deployment?.strategy.revertAt == .once else { return false }
    let before = proven.last { id in
      id != stable.id && !rejected.contains { $0.revision.id == id }
    }
    return before == revision.id
  }

  /// Gives a candidate all traffic that came back by the steps, when the manifest says in the middle of
  /// them that there is no time for that.
  mutating func hurryBack(_ judgement: Judgement, _ world: Observation) -> Decision? {
    guard contest == nil, isReversal(to: candidate), let stable, deployment?.suspended == false,
      world.mayAdvance,
      !isKept(from: .baking, by: world.peers)
    else { return nil }
    return decide(
      .promote, .hurriedBack(insteadOf: stable.name), about: candidate, world,
      checks: reports(judgement)
    ) { $0.enter(.baking(since: world.now), at: world.now) }
  }
}
