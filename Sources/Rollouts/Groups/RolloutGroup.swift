// Several deployments that move together.
//
// Think of climbers on one rope: each tests the next hold by itself and says when it could go on, nobody is
// more than one hold ahead, and when one falls all go back. At the top the first who unropes does it for all:
// whoever gave its word to end does so, whatever it finds from then on.
//
// No rule here looks at what happened; each looks at where the others are. So it does not matter who is looked
// at first, what died in between, or whether a controller took over that has nothing but the ledger. What it
// relies on is that the looks at the members of a group follow each other: each sees what the one before
// decided (`Fleet.look`).

extension Rollout {
  /// Whether other members keep a candidate from entering a stage that it could enter alone.
  ///
  /// That it could is noted, so that they see it.
  mutating func isKept(from stage: Stage, by peers: [Peer]) -> Bool {
    guard !peers.isEmpty else { return false }
    // One that comes back in a hurry would also go the usual way.
    willing = max(willing ?? stage, stage)
    return !peers.allSatisfy { $0.allows(stage) }
  }

  /// Says once, when it was so at the look before, for whom a candidate waits that could go on.
  ///
  /// Members that are ready at the same time follow each other within a second, and nothing is to be said.
  mutating func tellOfGroup(_ judgement: Judgement?, _ world: Observation) -> Decision? {
    guard let stage = willing, waited == stage else { return nil }
    let names = world.peers.filter { !$0.allows(stage) }.map(\.name)
    return standStill(.waitsForGroup(peers: names), judgement, world)
  }

  /// Goes back when a member of the group asks for a revision that failed.
  ///
  /// The candidate is not rejected: it may be tried again as soon as that member asks for something else. The
  /// first to serve has nothing to go back to, and waits; whoever is to end on its word ends.
  mutating func goBackWithGroup(_ world: Observation) -> Decision? {
    guard let reason = world.failedPeer, let stage = phase.stage,
      stage != .baking || stable != nil, endedPeer(world) == nil
    else { return nil }
    let verdict: Decision.Verdict = stage == .preparing ? .abort : .rollback
    return decide(
      verdict, reason, about: candidate, world,
      checks: stage == .preparing ? [] : presentReports(world)
    ) { rollout in
      rollout.returnToStable(at: world.now)
      rollout.holds.insert(.group)
    }
  }

  /// Says once that a revision is not tried while another member asks for one that failed.
  mutating func standAside(
    for reason: Reason, _ wanted: Revision, _ world: Observation
  ) -> Decision? {
    guard !holds.contains(.group) else { return nil }
    return decide(.hold, reason, about: wanted, world) { $0.holds.insert(.group) }
  }

  /// The member that ended its bake on the word of this one; nil before.
  func endedPeer(_ world: Observation) -> Peer? {
    guard phase.isBaking else { return nil }
    return world.peers.first { $0.ended == number }
  }

  /// Ends the bake because another member has, on the word of this one.
  ///
  /// Nothing is judged any more: the other has unloaded what it could have gone back to.
  mutating func endWithGroup(_ world: Observation) -> Decision? {
    guard world.mayAdvance, let peer = endedPeer(world) else { return nil }
    // Others may hear of the end from this one alone.
    noteCompanions(world)
    return decide(
      .complete, .groupEnded(peer: peer.name), about: candidate, world,
      checks: presentReports(world)
    ) { $0.becomeProven() }
  }

  /// Remembers on whose word the bake ends: of all that are under way, since each would end.
  mutating func noteCompanions(_ world: Observation) {
    guard !world.peers.isEmpty else { return }
    companions = world.peers.filter { $0.state == .underWay }
      .map { Companion(name: $0.name, rollout: $0.rollout) }
  }

  /// The group that a decision is about; nil when there is none.
  func groupReport(_ world: Observation) -> GroupReport? {
    (world.desired.deployment ?? deployment)?.group.map {
      GroupReport(name: $0, peers: world.peers)
    }
  }

  private func presentReports(_ world: Observation) -> [CheckReport] {
    deployment.map { reports(checks.judge($0, in: phase.step, at: world.now, world.engine)) } ?? []
  }
}

extension Observation {
  /// Why nothing is tried while a member of the group asks for a revision that failed; nil when none does.
  var failedPeer: Reason? {
    peers.lazy.filter { $0.state == .failed }.compactMap { peer in
      peer.revision.map {
        .peerFailed(peer: .init(name: peer.name, revision: $0, record: peer.record))
      }
    }.first
  }
}
