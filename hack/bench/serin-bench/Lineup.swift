import Peers

/// Who takes part in which table.
///
/// The rivals are set up as their documents do it, and once as their code does without being told.
enum Lineup {
  static let ours = Ours.Profile.allCases.map { profile in
    Contestant(name: "Serin \(profile.rawValue)") { Ours(profile) }
  }

  static let documented = [
    Contestant(name: "Flagger threshold 5, 1m") { flagger(5) },
    Contestant(name: "Flagger threshold 1, 1m") { flagger(1) },
    Contestant(name: "Argo limit 3, 1m") { argo(3, perMinutes: 1) },
  ]

  static let kayenta = Contestant(name: "Kayenta 5m") {
    Kayenta(looksPerPoint: looksPerMinute, pointsPerJudgement: 5)
  }

  static let impatient = [
    Contestant(name: "Argo limit 0, 5m") { argo(0, perMinutes: 5) },
    Contestant(name: "Kayenta 1m") {
      Kayenta(looksPerPoint: looksPerMinute, pointsPerJudgement: 1)
    },
    Contestant(name: "z-test each look") { PeekingZTest() },
  ]

  private static let looksPerMinute = 12

  private static func flagger(_ threshold: Int) -> Flagger {
    Flagger(threshold: threshold, allowed: Ours.allowed, looksPerCheck: looksPerMinute)
  }

  private static func argo(_ failureLimit: Int, perMinutes minutes: Int) -> ArgoRollouts {
    ArgoRollouts(
      failureLimit: failureLimit, allowed: Ours.allowed,
      looksPerMeasurement: minutes * looksPerMinute)
  }
}
