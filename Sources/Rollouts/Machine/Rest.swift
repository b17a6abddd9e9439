/// How a step with hours stands: a museum's tour that stops at closing time, and goes on in the same room the next day.
///
/// Outside the hours no request is copied, nothing is counted, and no time of the step passes.
package struct Rest: Equatable, Sendable, Codable {
  /// Whether it is outside the hours.
  package internal(set) var isOutside: Bool
  /// How long the step had been counted before.
  @InMilliseconds package internal(set) var counted: Duration
}

extension Rollout {
  /// Whether the step is outside its hours, so that no request is copied.
  var isResting: Bool { rest?.isOutside == true }

  /// How long the traffic of the present step was counted; nil while nothing is.
  func elapsed(at now: Instant) -> Duration? {
    checks.countingSince.map {
      now.since($0) + (rest?.counted ?? .zero) + (contest?.counted ?? .zero)
    }
  }

  /// Begins a step, outside its hours without a first copy.
  mutating func beginHours(at now: Instant) {
    rest = step?.hours.map { Rest(isOutside: !$0.contains(now), counted: .zero) }
  }

  /// Stands still outside the hours of the step, and goes on within them.
  ///
  /// What a manifest says by now is what counts, so that other hours begin and end without a new candidate.
  mutating func keepHours(of step: Step, _ judgement: Judgement, _ world: Observation) -> Decision?
  {
    if let hours = step.hours, !hours.contains(world.now) {
      return standStill(.outsideHours(hours: hours), judgement, world) { $0.leave(at: world.now) }
    }
    guard isResting, world.mayAdvance, deployment?.suspended == false else { return nil }
    return decide(.resume, .withinHours(hours: step.hours), about: candidate, world) {
      $0.rest?.isOutside = false
      // Whoever had no data waits for it anew.
      $0.holds.subtract([.outsideHours, .noData])
      $0.checks.pause(at: world.now)
    }
  }

  private mutating func leave(at now: Instant) {
    rest = Rest(isOutside: true, counted: elapsed(at: now) ?? rest?.counted ?? .zero)
    checks.pause(at: now)
  }

  /// The step that the candidate is in, as the manifest has it by now; nil before and after all steps.
  var step: Step? {
    guard let deployment, case .step(let place, let route, _) = phase else { return nil }
    return deployment.strategy.step(at: place, route, bake: deployment.bake)
  }
}
