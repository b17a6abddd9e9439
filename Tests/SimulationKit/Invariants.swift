import Foundation
import Ledger
import Encoding
import Rollouts
import Threads

/// What must hold at every effect, whatever fails and whenever; a breach is noted, with the story.
enum Invariants {
  /// The end of one deployment's records, and what they forbid.
  struct Chain {
    var last: Record
    var digest: String
    var rejected: Set<Revision.ID>
    /// What was decided and when: the same twice is one decision recorded twice.
    var decided: Set<String>
    /// The number on the branch of the first record of each generation.
    var makers: [Int: Int]
  }

  /// A plan is shown with the first record of its generation, or with none.
  static func check(
    _ record: Int?, of generation: Int, of name: DeploymentName, against state: inout World.State
  ) {
    guard let record else { return }
    if state.chains[name]?.makers[generation] != record {
      state.violations.append("\(name): record \(record) did not make generation \(generation)")
    }
  }

  /// A plan takes effect only after its decision is durable, and a rejected revision never again.
  static func check(_ plan: Plan, of name: DeploymentName, against state: inout World.State) {
    guard let chain = state.chains[name] else {
      return state.violations.append("\(name): generation \(plan.generation) without any decision")
    }
    let last = chain.last
    if plan.generation == last.generation, plan.routes != last.routes {
      state.violations.append("\(name): traffic differs from decision \(last.seq)")
    }
    if plan.generation > last.generation, !isRetreat(plan, from: last) {
      state.violations.append("\(name): generation \(plan.generation) is not recorded")
    }
    for revision in plan.reached where chain.rejected.contains(revision) {
      state.violations.append("\(name): rejected \(revision) gets requests")
    }
  }

  /// Risk is raised in one epoch after the other: never in an older one than somewhere before.
  static func checkEpoch(
    of change: LedgerChange, against remote: RemoteLedger, _ state: inout World.State
  ) {
    for (path, bytes) in change.files where LedgerPaths.parseRecord(path) != nil {
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else { continue }
      checkGrounds(of: record, &state)
      guard [.admit, .advance, .promote].contains(record.verdict) else { continue }
      let epoch = record.controller.epoch
      let newest = remote.state.withLock { remote in
        remote.raised = max(remote.raised, epoch)
        return remote.raised
      }
      if epoch < newest {
        state.violations.append("\(record.deployment): epoch \(epoch) raises after \(newest)")
      }
    }
  }

  /// A record continues the chain: the next number, the digest of the one before, a new file.
  static func check(_ change: LedgerChange, against state: inout World.State) {
    for (path, bytes) in change.files {
      guard let (name, seq) = LedgerPaths.parseRecord(path) else { continue }
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
        state.violations.append("\(path) is no record")
        continue
      }
      let chain = state.chains[name]
      let isNext = seq == (chain?.last.seq ?? 0) + 1 && record.seq == seq
      if state.files[path] != nil { state.violations.append("\(path) is written twice") }
      if record.prev != chain?.digest { state.violations.append("\(path) leaves the chain") }
      if !isNext { state.violations.append("\(path) leaves a gap") }
      if record.ledgerSeq != state.ledger.count + 1 {
        state.violations.append("\(path) is not number \(state.ledger.count + 1) of the branch")
      }
      check(record, beside: &state)
      if record.verdict == .promote, let revision = record.revision {
        state.promoted[name, default: []].insert(revision.id)
      }
      var rejected = chain?.rejected ?? []
      if record.verdict == .admit, let revision = record.revision,
        rejected.remove(revision.id) != nil, record.stable != nil
      {
        state.violations.append("\(path) tries \(revision) again, although something serves")
      }
      if record.verdict == .rollback || record.verdict == .reject, record.cause != .group,
        let revision = record.revision
      {
        rejected.insert(revision.id)
      }
      var decided = chain?.decided ?? []
      let decision = "\(record.decidedAt.milliseconds) \(record.verdict) \(record.to)"
      if !decided.insert(decision).inserted {
        state.violations.append("\(path) records a decision twice")
      }
      var makers = chain?.makers ?? [:]
      makers[record.generation] = makers[record.generation] ?? record.ledgerSeq
      state.chains[name] = Chain(
        last: record, digest: Digest(of: bytes).description, rejected: rejected, decided: decided,
        makers: makers)
    }
  }

  /// Whether a plan that is not recorded yet only takes risk away.
  private static func isRetreat(_ plan: Plan, from last: Record) -> Bool {
    guard let stable = last.stable else { return plan.shares.isEmpty || plan.routes == last.routes }
    return plan.reached.allSatisfy { $0 == stable.id }
  }
}
