import Ledger
import Rollouts

// A look: a member is taken, decides, and is written back once; what it decided is recorded in between, and
// takes effect after that.
extension Fleet {
  /// What all looks of a pass see.
  struct View: Sendable {
    let seen: [String: Sighting]
    let samples: [DeploymentName: Samples]
  }

  /// Looks at some deployments, records what was decided in one write, and brings it about.
  ///
  /// No two of them are of one group: what one decides is written back before the next is told of it, so that
  /// the decisions of a group are made one after the other (`Groups.apart`).
  func look(at names: [DeploymentName], _ view: View) async {
    await restrict()
    await recordLate(names)
    guard !isStopped else { return }
    let drafts = names.compactMap { draft($0, view) }.filter(mayRecord)
    let standing = await recorder.record(drafts, at: latest)
    keep(standing, of: drafts)
    // What a controller that is asked to end leaves to its next life: see `finish`.
    for draft in standing where draft.isRetreat || !passing.isLast {
      await apply(draft.member, draft.state)
    }
  }

  private func recordLate(_ names: [DeploymentName]) async {
    for name in names {
      guard let member = members[name], !member.unrecorded.isEmpty, !isStopped else { continue }
      members[name] = await recorder.recordLate(member, at: latest)
    }
  }

  /// Makes a look; nil when its runtime said nothing, so that it is made again.
  private func draft(_ name: DeploymentName, _ view: View) -> Draft? {
    // A look that ends before its end is made again, and so is one during which another was asked for.
    let turn = plan(name, at: latest)
    guard let before = members[name], let runtime = home(of: name),
      let sighting = view.seen[runtime]
    else { return nil }
    let state = sighting.states[name]
    var member = before
    if member.request.map({ settled.contains($0.digest) }) == true { member.request = nil }
    let observation = observe(
      &member, state, sighting.counters, view.samples[name], peers(of: name, view))
    if member.rollout.generation == observation.generationInForce {
      member.appliedAt = member.appliedAt ?? latest
    }
    var decision = member.advance(observation)
    decision?.keepError(of: state)
    decision?.keepDifferences(of: view.samples[name])
    member.source = source(of: name) ?? member.source
    return Draft(before: before, member: member, decision: decision, turn: turn, state: state)
  }

  /// Whether what was decided may be recorded in this pass; if not, it is decided again in the next.
  private func mayRecord(_ draft: Draft) -> Bool {
    guard draft.decision != nil, !draft.isRetreat else { return true }
    passing.recordsLeft -= 1
    return passing.recordsLeft >= 0
  }

  /// Writes the members back, and plans their next looks.
  private func keep(_ standing: [Draft], of drafts: [Draft]) {
    for draft in standing {
      members[draft.name] = draft.member
      if showsDeployments, let decision = draft.decision { told.note(decision, of: draft.name) }
      wakeGroup(after: draft)
      guard let turn = draft.turn, schedule.holds(turn, of: draft.name) else { continue }
      plan(
        draft.name, at: draft.decision == nil ? draft.member.nextLook(after: latest) : latest)
    }
    let names = Set(standing.map(\.name))
    for draft in drafts where !names.contains(draft.name) {
      plan(draft.name, at: latest.advanced(by: .seconds(1)))
    }
    if names.count < drafts.count || standing.contains(where: { !$0.isRecorded }) {
      passing.hasFailed = true
    }
  }

  /// Why risk may not grow for one deployment.
  private func restrictions(_ member: Member, _ state: RuntimeState?) -> Set<Restriction> {
    var all = restrictions
    if !member.unrecorded.isEmpty { all.insert(.unrecorded) }
    if state?.isUntold == true { all.insert(.untold) }
    return all
  }

  private func observe(
    _ member: inout Member, _ state: RuntimeState?, _ counters: Counters?, _ samples: Samples?,
    _ peers: [Peer]
  ) -> Observation {
    Observation(
      now: latest, desired: desired(member.rollout.name), readiness: state?.readiness ?? [:],
      crashes: state?.crashes ?? [:], generationInForce: state?.generationInForce,
      counts: counters.flatMap {
        member.isAhead(of: $0, inForce: state?.generationInForce, at: latest)
          ? nil : member.take($0, samples, at: latest)
      },
      restrictions: restrictions(member, state), peers: peers)
  }

  /// Has a plan brought about, unless the runtime was told and shows that all of it is so.
  func apply(_ member: Member, _ state: RuntimeState? = nil) async {
    let (name, plan) = (member.rollout.name, member.rollout.plan)
    guard plan.generation > 0, !isStopped else { return }
    if member.applied == plan, state?.shows(plan) == true { return }
    let runtime = member.rollout.deployment?.runtime ?? member.home
    // What is gone was drained by the plan before; no other runtime has anything of it.
    if runtime == nil, member.rollout.phase == .retired { return }
    let isApplied: Void? = await failures.run("apply the plan of \(name)") {
      try await self.ports.runtimes.apply(
        plan, recordedAs: member.record(of: plan.generation), to: name, on: runtime)
    }
    guard isApplied != nil else { return }
    members[name]?.applied = plan
    members[name]?.home = runtime
  }
}
