import Rollouts

/// The rollout that every table is about: 5, 10, 25 and 50% for five minutes each, looked at every five
/// seconds.
enum Schedule {
  static let steps = [50, 100, 250, 500].map(PerMille.init)
  static let looksPerStep = 60
  static let secondsPerLook = 5.0
  static let looks = steps.count * looksPerStep

  static func weight(at look: Int) -> PerMille { steps[look / looksPerStep] }
}
