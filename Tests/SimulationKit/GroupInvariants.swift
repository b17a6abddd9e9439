import Ledger
import Rollouts

// What must hold of deployments that move together, at every record.
extension Invariants {
  /// A member is told of what the others recorded last, is never more than a stage ahead of one that is under way,
  /// and never goes back once another one ended on its word.
  static func check(_ record: Record, beside state: inout World.State) {
    guard let group = record.group else { return }
    let what = "\(record.deployment) \(record.seq)"
    if record.verdict == .rollback,
      state.promised[record.deployment]?.contains(record.rollout) == true
    {
      state.violations.append("\(what) goes back after another member ended")
    }
    for peer in group.peers {
      let name = DeploymentName(namespace: record.deployment.namespace, name: peer.name)
      guard let last = state.chains[name]?.last else { continue }
      // What is recorded late was told earlier.
      if let number = peer.record, number != last.seq, record.late == nil {
        state.violations.append("\(what) is told of \(name) \(number), the last is \(last.seq)")
      }
      guard let stage = last.to.stage, last.group?.name == group.name else { continue }
      if let before = record.from.stage, let after = record.to.stage ?? record.end, after > before,
        stage < before
      {
        state.violations.append("\(what) enters \(after), \(name) is \(stage)")
      }
      if record.end != nil, peer.state == .underWay {
        state.promised[name, default: []].insert(last.rollout)
      }
    }
  }
}

extension Record {
  /// That a candidate has ended its bake; nil when it has not.
  fileprivate var end: Stage? { verdict == .complete && from.isBaking ? .ended : nil }
}

extension Position {
  fileprivate var stage: Stage? {
    switch self {
    case .vacating, .preparing: .preparing
    case .step(let place, _, _): .step(place: place)
    case .baking: .baking
    default: nil
    }
  }
}
