/// How a candidate takes over: what a person chose in the manifest, expanded into steps.
///
/// The rest of the system knows steps only. `canary` has some, `shadow` begins with one in which the
/// candidate answers no client, `abTest` has one in which entities decide, `blueGreen` has none (prepared, then
/// switched at once) or a preview that clients ask for, `recreate` has none and cannot hold both revisions at the
/// same time.
package struct Strategy: Equatable, Sendable, Codable {
  package enum Kind: String, Sendable, Codable { case canary, shadow, abTest, blueGreen, recreate }

  /// What follows the last step.
  package enum AtEnd: String, Sendable, Codable {
    /// All traffic.
    case promote
    /// Nothing, until the manifest says otherwise: a person looks at what was found.
    case hold
  }

  /// How the revision before stable comes back when the manifest names it again.
  package enum RevertAt: String, Sendable, Codable {
    /// As any other: by the steps.
    case steps
    /// With all traffic at once: it was stable, and whoever asks for it is in a hurry.
    case once
  }

  package let kind: Kind
  package let steps: [Step]
  package let revertAt: RevertAt
  /// nil is to promote.
  private let then: AtEnd?
  /// By what clients stay with a revision; nil when each request goes anywhere.
  package let affinity: Affinity?
  /// What an A/B test is decided on; nil for every other kind.
  package let goal: Goal?

  /// Creates a strategy from values that the manifest's validation has accepted.
  package init(
    kind: Kind, steps: [Step], revertAt: RevertAt = .steps, atEnd: AtEnd = .promote,
    affinity: Affinity? = nil, goal: Goal? = nil
  ) {
    precondition((kind == .abTest) == (goal != nil) && (goal == nil || affinity != nil))
    precondition(zip(steps, steps.dropFirst()).allSatisfy { $0.route < $1.route })
    precondition(steps.allSatisfy { $0.route.weight != PerMille.none && $0.route.share < .all })
    self.kind = kind
    self.steps = steps
    self.revertAt = revertAt
    then = atEnd == .promote ? nil : atEnd
    self.affinity = affinity
    self.goal = goal
  }

  /// Returns the strategy with another way back.
  package func reverting(_ revertAt: RevertAt) -> Strategy {
    Strategy(
      kind: kind, steps: steps, revertAt: revertAt, atEnd: atEnd, affinity: affinity, goal: goal)
  }

  /// This strategy without hours, for whoever does not wait for them.
  package var aroundTheClock: Strategy {
    let steps = steps.map {
      Step(
        route: $0.route, atLeast: $0.atLeast, atMost: $0.atMost,
        atMostPerSecond: $0.atMostPerSecond, analysis: $0.analysis)
    }
    return Strategy(
      kind: kind, steps: steps, revertAt: revertAt, atEnd: atEnd, affinity: affinity, goal: goal)
  }

  /// What follows the last step.
  package var atEnd: AtEnd { then ?? .promote }

  /// Whether the old revision must be gone before the new one is loaded.
  package var isExclusive: Bool { kind == .recreate }
}

/// One shape of the traffic, and how long it lasts.
package struct Step: Equatable, Sendable, Codable {
  /// What the candidate gets.
  package let route: Route
  /// The earliest moment to advance, from when the share was observed.
  @InMilliseconds package var atLeast: Duration
  /// When an inconclusive step falls to `onInconclusive`.
  @InMilliseconds package var atMost: Duration
  /// How many requests a second are copied at most, on average; nil without a limit, and where none is copied.
  package let atMostPerSecond: Int?
  /// When requests are copied; nil around the clock, and where none is copied.
  package let hours: Hours?
  /// The window in which it is judged; nil is that of all steps.
  package let analysis: StepAnalysis?

  package init(
    route: Route, atLeast: Duration, atMost: Duration, atMostPerSecond: Int? = nil,
    hours: Hours? = nil, analysis: StepAnalysis? = nil
  ) {
    precondition(atLeast <= atMost, "step of at least \(atLeast) and at most \(atMost)")
    precondition(atMostPerSecond.map { $0 > 0 && route.isMirror } ?? true)
    precondition(hours == nil || route.isMirror)
    self.route = route
    self.atLeast = atLeast
    self.atMost = atMost
    self.atMostPerSecond = atMostPerSecond
    self.hours = hours
    self.analysis = analysis
  }

  /// Returns the share of the requests that the candidate sees, when there are so many a second; nil where the
  /// clients choose it.
  package func share(atRate rate: Double) -> Ratio? {
    route.weight.map { $0.copied(atMost: atMostPerSecond, atRate: rate) }
  }
}
