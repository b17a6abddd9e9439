import Analysis
package import Rollouts

/// What happens to many rollouts under the same traffic.
package struct RolloutStudy: Equatable, Sendable {
  /// One way for rollouts to end.
  package struct Group: Equatable, Sendable {
    package let outcome: SimulatedRollout.Outcome
    package let count: Int
    /// Medians over the rollouts of this group.
    package let elapsed: Duration
    package let requests: Int
    package let bad: Int
  }

  package let rollouts: Int
  package let groups: [Group]

  private static let atOnce = 8

  /// Runs one rollout for each seed, several at a time.
  package init(
    _ deployment: Deployment, _ traffic: Traffic, seeds: Range<UInt64>, for limit: Duration,
    progress: () -> Void = {}
  ) async {
    let runs = await withTaskGroup(of: SimulatedRollout.self) { group in
      var waiting = Array(seeds)[...]
      var runs: [SimulatedRollout] = []
      while runs.count < seeds.count {
        if let seed = waiting.popFirst() {
          group.addTask { SimulatedRollout.run(deployment, traffic, seed: seed, for: limit) }
        }
        let isFull = seeds.count - waiting.count - runs.count >= Self.atOnce || waiting.isEmpty
        guard isFull, let run = await group.next() else { continue }
        runs.append(run)
        progress()
      }
      return runs
    }
    rollouts = runs.count
    groups = SimulatedRollout.Outcome.allCases.compactMap { Group($0, among: runs) }
  }

  /// Returns the share of rollouts that ended so.
  package func share(_ outcome: SimulatedRollout.Outcome) -> Double {
    let count = groups.first { $0.outcome == outcome }?.count ?? 0
    return Double(count) / Double(max(1, rollouts))
  }
}

extension RolloutStudy.Group {
  fileprivate init?(_ outcome: SimulatedRollout.Outcome, among all: [SimulatedRollout]) {
    let runs = all.filter { $0.outcome == outcome }
    guard !runs.isEmpty else { return nil }
    self.outcome = outcome
    count = runs.count
    elapsed = runs.map(\.elapsed).sorted()[runs.count / 2]
    requests = runs.map(\.requests).sorted()[runs.count / 2]
    bad = runs.map(\.bad).sorted()[runs.count / 2]
  }
}

extension SimulatedRollout {
  /// Runs one rollout under a traffic; the same seed gives the same rollout.
  package static func run(
    _ deployment: Deployment, _ traffic: Traffic, seed: UInt64, for limit: Duration
  ) -> SimulatedRollout {
    var rollout = SimulatedRollout(deployment, hasPredictions: traffic.predictions != nil)
    var source = SyntheticCounts(traffic, objectives: deployment.objectives, seed: seed)
    rollout.run(&source, for: limit)
    return rollout
  }
}
