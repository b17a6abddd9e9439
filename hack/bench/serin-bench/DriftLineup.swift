import Analysis
import Peers

/// Serin's own rule for drift: the evidence on all features together, or the list of those that moved.
struct OursOnDrift: DriftRule {
  enum Verdict {
    /// What a gate asks: the average of all features, at a hundredth.
    case together
    /// What informs: any feature on the list with a false-discovery rate of a twentieth.
    case anyListed
  }

  private let verdict: Verdict
  private let references: [DriftReference]
  private var tests: FeatureTests<DriftTest>
  private var look = 0

  init(_ dependence: Dependence, _ verdict: Verdict, bins: [Int], against: [DriftReference]) {
    self.verdict = verdict
    references = against
    let settings = ObjectiveTest.Settings(
      dependence: dependence, tolerance: 250_000, look: Int(Schedule.secondsPerLook * 1000))
    tests = FeatureTests(settings, bins: bins)
  }

  mutating func alarms(after look: [BinArms]) -> Bool {
    if self.look.isMultiple(of: Schedule.looksPerStep) { tests.beginStep(references) }
    self.look += 1
    tests.look(look, against: references)
    switch verdict {
    case .together: return tests.logE >= log(1 / Ours.alpha)
    case .anyListed: return !tests.moved(rate: 0.05).isEmpty
    }
  }
}

/// Who takes part in the tables of drift: others check every minute.
enum DriftLineup {
  private static let looksPerMinute = 12
  private static let fiveMinutes = DriftWindow.Span.looks(5 * looksPerMinute)

  static let predictions =
    [Dependence.interval, .independent].map { dependence in
      DriftContestant(name: "Serin \(dependence)") {
        OursOnDrift(
          dependence, .together, bins: $0.totals.map(\.counts.count), against: [.stable])
      }
    } + [
      DriftContestant(name: "PSI 0.2, all so far") { _ in
        DistanceRule(.populationStability, threshold: 0.2, window: window(.everything))
      },
      DriftContestant(name: "PSI 0.1, 5m") { _ in
        DistanceRule(.populationStability, threshold: 0.1, window: window(fiveMinutes))
      },
      DriftContestant(name: "Evidently: JS 0.1, 5m") { _ in
        DistanceRule(.jensenShannon, threshold: 0.1, window: window(fiveMinutes))
      },
      DriftContestant(name: "alibi-detect: chi-square, all so far") { _ in
        ChiSquareRule(window: window(.everything))
      },
      nannyML,
    ]

  static let inputs =
    [Dependence.interval, .independent].flatMap { dependence in
      [(OursOnDrift.Verdict.together, ", together"), (.anyListed, ", any listed")].map { verdict in
        DriftContestant(name: "Serin \(dependence)\(verdict.1)") { history in
          OursOnDrift(
            dependence, verdict.0, bins: history.totals.map(\.counts.count),
            against: history.totals.map(profile))
        }
      }
    } + [
      DriftContestant(name: "any PSI 0.1, 5m") { history in
        DistanceRule(
          .populationStability, threshold: 0.1, window: window(fiveMinutes, history.totals))
      },
      DriftContestant(name: "any PSI 0.2, 5m") { history in
        DistanceRule(
          .populationStability, threshold: 0.2, window: window(fiveMinutes, history.totals))
      },
      DriftContestant(name: "half PSI 0.1, 5m") { history in
        DistanceRule(
          .populationStability, threshold: 0.1, share: 0.5,
          window: window(fiveMinutes, history.totals))
      },
      DriftContestant(name: "Evidently: half Wasserstein 0.1, 5m") { history in
        DistanceRule(
          .wasserstein(means: DataDrift.means), threshold: 0.1, share: 0.5,
          window: window(fiveMinutes, history.totals))
      },
      DriftContestant(name: "alibi-detect: chi-square, all so far") { history in
        ChiSquareRule(window: window(.everything, history.totals))
      },
      nannyML,
    ]

  private static let nannyML = DriftContestant(name: "NannyML: JS, chunks of 500") {
    ChunkRule($0)
  }

  private static func window(
    _ span: DriftWindow.Span, _ profile: [BinCounts]? = nil
  ) -> DriftWindow {
    DriftWindow(span, looksPerCheck: looksPerMinute, profile: profile)
  }

  static func profile(_ counts: BinCounts) -> DriftReference {
    guard let profile = BinProfile(counts) else { preconditionFailure("no profile: \(counts)") }
    return .profile(profile)
  }
}
