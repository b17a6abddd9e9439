import Ledger
package import Rollouts
import Threads

/// What somebody who only watches sees of one deployment on a real runtime.
package struct Sight: Sendable {
  /// What clients meet: the generation that the runtime says it is of, and who answers.
  package struct Traffic: Sendable {
    package let generation: Int
    package let shares: [Plan.Share]

    package init(generation: Int, shares: [Plan.Share]) {
      (self.generation, self.shares) = (generation, shares)
    }
  }

  /// Nil while clients are sent nowhere.
  package let traffic: Traffic?
  package let loaded: Set<Revision.ID>
  package let ready: Set<Revision.ID>

  package init(traffic: Traffic?, loaded: Set<Revision.ID>, ready: Set<Revision.ID>) {
    (self.traffic, self.loaded, self.ready) = (traffic, loaded, ready)
  }
}

extension World {
  /// Takes over what is so on a real runtime, which serves in this world's place, and holds it to what must hold here.
  ///
  /// Clients of this world are answered by it from now on.
  package func see(_ sight: Sight, of name: DeploymentName) {
    serve()
    let now = clock.now
    state.withLock { state in
      state.servers[name] = sight.loaded.reduce(into: [:]) {
        $0[$1] = Server(replicas: 1, readyAt: now)
      }
      guard let traffic = sight.traffic else { return state.close(name) }
      guard let plan = state.plan(traffic, of: name) else {
        return state.violations.append("\(name): nobody asked for \(traffic)")
      }
      Invariants.checkShift(to: plan, ready: sight.ready, of: name, &state)
      // What was decided since is still on its way.
      if plan.generation >= state.chains[name]?.last.generation ?? 0 {
        Invariants.check(plan, of: name, against: &state)
      }
      state.inForce[name] = plan
      Invariants.check(name, in: &state)
    }
  }

  /// Adds what else went wrong to what was violated.
  package func note(_ violation: String) { state.withLock { $0.violations.append(violation) } }
}

extension Invariants {
  /// Clients meet nothing older than they have met before, and nobody who is not ready for them.
  static func checkShift(
    to plan: Plan, ready: Set<Revision.ID>, of name: DeploymentName, _ state: inout World.State
  ) {
    if let before = state.inForce[name]?.generation, plan.generation < before {
      state.violations.append("\(name): generation \(plan.generation) is in force after \(before)")
    }
    for revision in plan.reached where !ready.contains(revision) {
      state.violations.append("\(name): \(revision) gets requests and is not ready")
    }
  }
}

extension World.State {
  /// Notes what is asked to serve.
  mutating func know(_ revisions: [Revision]) {
    for revision in revisions {
      models[revision.id] = revision
      versions[revision.id] = revision.model.version
    }
  }

  fileprivate mutating func close(_ name: DeploymentName) {
    if inForce[name] != nil, chains[name]?.last.routes.isEmpty == false {
      violations.append("\(name): clients are sent nowhere")
    }
    inForce[name] = nil
  }

  /// The plan that clients meet; nil when it is of revisions that nobody has asked for, or is no split.
  ///
  /// A runtime lists who answers in an order of its own; what was decided has the order in which they are drawn.
  fileprivate func plan(_ traffic: Sight.Traffic, of name: DeploymentName) -> Plan? {
    let decided = chains[name]?.last.routes.flatMap(\.shares).map(\.revision) ?? []
    let shares = traffic.shares.sorted { one, other in
      (decided.firstIndex(of: one.revision) ?? decided.count)
        < (decided.firstIndex(of: other.revision) ?? decided.count)
    }
    let loaded = Set(shares.map(\.revision)).compactMap { models[$0] }
    guard loaded.count == Set(shares.map(\.revision)).count,
      shares.isEmpty || shares.reduce(0, { $0 + $1.weight.value }) == 1000
    else { return nil }
    return Plan(generation: traffic.generation, loaded: loaded, shares: shares)
  }
}
