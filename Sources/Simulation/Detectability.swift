package import Rollouts

/// How bad a revision must be for a rollout to notice, at a rate of requests.
package struct Detectability: Equatable, Sendable {
  package let objective: Objective
  /// How many times stable's bad share the candidate has.
  package let factor: Int
  /// The share of rollouts that were rolled back, and the median time that took.
  package let detected: Double
  package let elapsed: Duration?

  /// What is tried: a doubling, and worse.
  package static let factors = [2, 4, 10]

  /// How much of a longer rollout is simulated: a regression is found early, or hardly.
  package static let longest = Duration.seconds(86_400)

  /// Tries each objective of a deployment, with all others healthy.
  ///
  /// Stable's bad share is half of what is promised: a usual, healthy distance.
  ///
  /// - Parameters:
  ///   - deployment: What is rolled out.
  ///   - rate: The requests per second.
  ///   - rollouts: How many are simulated for each factor.
  /// - Returns: One result for each objective and factor, in their order.
  package static func study(
    _ deployment: Deployment, requestsPerSecond rate: Double, rollouts: Int = 40
  ) async -> [Detectability] {
    var results: [Detectability] = []
    for (index, objective) in deployment.objectives.enumerated() {
      for factor in factors {
        let traffic = Traffic(
          deployment, requestsPerSecond: rate, factor: Double(factor), ofObjective: index)
        let study = await RolloutStudy(
          deployment, traffic, seeds: 1..<UInt64(rollouts + 1),
          for: min(longest, deployment.longestRollout))
        let group = study.groups.first { $0.outcome == .rolledBack }
        results.append(
          Detectability(
            objective: objective, factor: factor, detected: study.share(.rolledBack),
            elapsed: group?.elapsed))
      }
    }
    return results
  }

  /// Whether most such revisions would be noticed.
  package var isLikely: Bool { detected >= 0.8 }
}

extension Traffic {
  /// A traffic in which stable uses half of every promise, and the candidate `factor` times as much of
  /// one.
  package init(
    _ deployment: Deployment, requestsPerSecond: Double, factor: Double = 1,
    ofObjective worse: Int? = nil
  ) {
    self.init(
      requestsPerSecond: requestsPerSecond,
      secondsPerLook: Double(deployment.analysis.interval.inMilliseconds) / 1000,
      metrics: deployment.objectives.enumerated().map { index, objective in
        // What is promised more than once, as in a step of its own, is kept wherever it is promised.
        let alike = deployment.objectives.filter { $0.kind == objective.kind }
        let usual = (alike.map(\.allowed.value).min() ?? 0) / 2
        return Metric(
          stable: usual, candidate: min(1, index == worse ? usual * factor : usual))
      })
    predictions = Predictions(deployment.drift)
    for step in deployment.strategy.steps { copiesPerSecond[step.route] = step.atMostPerSecond }
  }
}
