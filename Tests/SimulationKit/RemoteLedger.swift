package import Ledger
import Threads

/// A commit of a ledger in memory.
struct SimulatedCommit: Equatable, Sendable {
  let change: LedgerChange
  /// The epoch that it begins, if it does: read once, asked for often.
  let epoch: Epoch?

  init(_ change: LedgerChange) {
    self.change = change
    epoch =
      change.files.lazy.filter { LedgerPaths.parseEpoch($0.key) != nil }
      .compactMap { try? Epoch(file: $0.value, at: $0.key) }.first
  }
}

/// The ledger's repository on a git host: one for all machines, and it lives on when they die.
package final class RemoteLedger: Sendable {
  struct State {
    /// The commits of the branch; nil when there is none.
    var commits: [SimulatedCommit]?
    /// Other branches, by name.
    var branches: [String: [SimulatedCommit]] = [:]
    /// The sign of life beside the branch.
    var life: Int?
    /// Why the host refuses pushes, if it does.
    var refusal: String?
    /// The newest epoch in which risk was raised, by whomever.
    var raised = 0
  }

  let state = Lock(State())

  package init() {}

  package var commits: [LedgerChange] { state.withLock { $0.commits ?? [] }.map(\.change) }

  /// Returns the commits of a branch beside the ledger's.
  package func branch(_ name: String) -> [LedgerChange]? {
    state.withLock { $0.branches[name] }?.map(\.change)
  }

  /// Somebody else commits to the branch.
  package func append(_ change: LedgerChange) {
    state.withLock { $0.commits = ($0.commits ?? []) + [SimulatedCommit(change)] }
  }

  /// Somebody else takes the newest commits away; the branch with all of them.
  package func rewind(to count: Int) {
    state.withLock { $0.commits = count == 0 ? nil : $0.commits.map { Array($0.prefix(count)) } }
  }

  /// The host refuses pushes from now on, or accepts them again.
  package func refuse(_ reason: String?) { state.withLock { $0.refusal = reason } }

  /// The compare-and-swap of a push: only over what is expected, and only onto something longer.
  func push(_ commits: [SimulatedCommit], over expected: [SimulatedCommit]?) -> Bool {
    state.withLock { state in
      guard state.commits == expected else { return false }
      state.commits = commits
      return true
    }
  }
}
