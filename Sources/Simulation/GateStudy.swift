package import Rollouts

/// What a predictions gate needs and notices, at a rate of requests.
package struct GateStudy: Equatable, Sendable {
  /// What becomes of a candidate of whose predictions so much moved.
  package struct Move: Equatable, Sendable {
    package let share: Ratio
    /// The share of rollouts that were rolled back, and the median time that took.
    package let detected: Double
    package let elapsed: Duration?
  }

  /// The candidate's samples from which on most healthy rollouts have their proof; nil when they do not
  /// get so far.
  package let needed: Int?
  /// Its samples at the end of the steps, when each takes as long as it must, and as it may.
  package let given: ClosedRange<Int>
  package let moves: [Move]

  /// Whether the steps are long enough for the proof.
  package var isEnough: Bool { needed.map { $0 <= given.upperBound } ?? false }

  /// Simulates rollouts of candidates that predict as the profile says, and of others.
  ///
  /// - Returns: nil when predictions are not compared.
  package static func study(
    _ deployment: Deployment, requestsPerSecond rate: Double, rollouts: Int = 40
  ) async -> GateStudy? {
    let healthy = Traffic(deployment, requestsPerSecond: rate)
    guard let notice = deployment.drift?.predictions?.notice, healthy.predictions != nil else {
      return nil
    }
    let seeds = 1..<UInt64(rollouts + 1)
    let runs = await withTaskGroup(of: Int?.self) { group in
      for seed in seeds {
        group.addTask {
          SimulatedRollout.run(
            deployment, healthy, seed: seed, for: deployment.longestRollout
          ).samplesToProof
        }
      }
      return await group.reduce(into: [Int?]()) { $0.append($1) }
    }
    // What four of five need: a median would hold up every other rollout.
    let needed = runs.map { $0 ?? .max }.sorted()[rollouts * 4 / 5]
    var moves: [Move] = []
    for share in Set([notice, Ratio(perMillion: 100_000), Ratio(perMillion: 500_000)]).sorted() {
      var traffic = healthy
      traffic.predictions?.move(share.value)
      let study = await RolloutStudy(
        deployment, traffic, seeds: seeds, for: deployment.longestRollout)
      moves.append(
        Move(
          share: share, detected: study.share(.rolledBack),
          elapsed: study.groups.first { $0.outcome == .rolledBack }?.elapsed))
    }
    return GateStudy(
      needed: needed == .max ? nil : needed, given: deployment.samples(atRate: rate), moves: moves)
  }
}

extension Deployment {
  /// The candidate's samples at the end of the steps.
  fileprivate func samples(atRate rate: Double) -> ClosedRange<Int> {
    let share = Double(self.drift?.sample.share(atRate: rate).value ?? 0) / 1000
    func samples(_ time: (Step) -> Duration) -> Int {
      let seconds = self.strategy.steps.reduce(0.0) {
        // Where clients choose by a header, predictions are not compared.
        $0 + ($1.share(atRate: rate)?.value ?? 0) * (time($1) / .seconds(1))
      }
      return Int(min(1e12, seconds * rate * share))
    }
    return samples(\.atLeast)...samples(\.atMost)
  }
}
