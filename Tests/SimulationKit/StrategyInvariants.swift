import Ledger
import Rollouts
import Threads

/// What a strategy owes clients beside what every rollout does; a breach is noted, with the story.
package enum StrategyLaw: Equatable, Sendable {
  /// One revision answers all who send no header, and only one that was promoted.
  case oneRevisionAnswers
  /// No revision is loaded before the other one is gone.
  case oneRevisionIsLoaded
  /// Who has met the candidate goes on meeting it, as long as its share is not made smaller.
  case clientsStay
  /// Nothing reaches a revision that has not borne its load.
  case loadComesFirst
  /// So many of a candidate's first requests are no evidence.
  case firstRequestsDoNotCount(Int)
}

extension World {
  /// From now on whatever serves in this world owes that.
  package func uphold(_ law: StrategyLaw) { state.withLock { $0.law = law } }

  /// Whom the candidate answers.
  struct Clients {
    let share: Plan.Share
    let places: Set<Int>
  }
}

extension Invariants {
  /// What is loaded and who answers, after anything was done for a deployment.
  static func check(_ name: DeploymentName, in state: inout World.State) {
    guard let plan = state.inForce[name] else { return }
    if let reading = state.runs[name],
      plan.shares.map(\.revision) != [reading] || state.servers[name]?[reading] == nil
    {
      state.violations.append("\(name): a run reads \(reading), which is not current any more")
    }
    if let law = state.law, !holds(law, of: name, under: plan, in: &state) {
      state.violations.append("\(name): generation \(plan.generation) breaks \(law)")
    }
  }

  private static func holds(
    _ law: StrategyLaw, of name: DeploymentName, under plan: Plan, in state: inout World.State
  ) -> Bool {
    switch law {
    case .oneRevisionAnswers:
      plan.shares.count <= 1
        && plan.shares.allSatisfy { state.promoted[name]?.contains($0.revision) == true }
    case .oneRevisionIsLoaded: (state.servers[name] ?? [:]).count <= 1
    case .clientsStay: state.stay(name, under: plan)
    case .loadComesFirst:
      plan.reached.allSatisfy { state.borne[name]?.contains($0) == true }
    case .firstRequestsDoNotCount: true
    }
  }

  /// What a decision rests on that is made here; the chain has not got its record yet.
  static func checkGrounds(of record: Record, _ state: inout World.State) {
    let name = record.deployment
    guard let revision = record.revision?.id else { return }
    if record.verdict == .complete, record.from.isBaking, state.plans[name]?.serving == .batch,
      state.inForce[name]?.shares.map(\.revision) != [revision]
    {
      state.violations.append("\(name) \(record.seq): \(revision) has baked, and no run reads it")
    }
    if case .firstRequestsDoNotCount(let first)? = state.law,
      state.chains[name]?.last.stable != nil
    {
      let counted = record.checks.map(\.candidate.total).max() ?? 0
      let answered = state.served[name]?[revision]?.requests ?? 0
      if counted > max(0, answered - first) {
        state.violations.append("\(name) \(record.seq): \(counted) of \(answered) requests count")
      }
    }
  }
}

extension World.State {
  /// Whether everybody stays who has met the candidate, wherever among the shares it is: as Envoy draws them.
  fileprivate mutating func stay(_ name: DeploymentName, under plan: Plan) -> Bool {
    let candidate = chains[name]?.last.revision?.id
    guard let index = plan.shares.lastIndex(where: { $0.revision == candidate }) else {
      clients[name] = nil
      return true
    }
    let share = plan.shares[index]
    let first = plan.shares[..<index].reduce(0) { $0 + $1.weight.value }
    let met = (0..<200).filter { client in
      let place = plan.affinity == nil ? random.next() : Self.hash("\(client)", plan)
      return (first..<first + share.weight.value).contains(Int(place % 1000))
    }
    let before = clients[name]
    clients[name] = World.Clients(share: share, places: Set(met))
    guard let before, before.share.revision == share.revision,
      before.share.weight <= share.weight
    else { return true }
    return before.places.isSubset(of: met)
  }

  /// Whom the client meets that all requests name; nil when they name none.
  func met(under plan: Plan) -> Revision.ID? {
    guard case .some(.some(let header)) = carried, plan.affinity == .header(name: header.header)
    else { return nil }
    var place = Int(Self.hash(header.value, plan) % 1000)
    return plan.shares.first {
      place -= $0.weight.value
      return place < 0
    }?.revision
  }

  /// A client's place on the ring; FNV, which all runs of the tests have in common.
  static func hash(_ client: String, _ plan: Plan) -> UInt64 {
    let last = plan.shares.last.map { [$0.revision] } ?? []
    let names = plan.drawnBy.isEmpty ? last : plan.drawnBy
    return "\(client) \(names)".utf8.reduce(14_695_981_039_346_656_037) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
  }
}
