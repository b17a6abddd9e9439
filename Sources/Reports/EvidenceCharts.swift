import Analysis
import Audit
import Charts
import Ledger
import Rollouts
import Wording

/// What was counted and proven at one moment of a rollout.
struct EvidencePoint: Sendable {
  let moment: Instant
  let checks: [CheckReport]
  /// Of the predictions, where they were compared.
  let predictions: DriftReport?

  /// Returns the moments that a rollout's charts show: its decisions that rest on counts.
  static func points(of story: RolloutStory) -> [EvidencePoint] {
    story.records.filter { !$0.checks.isEmpty }.map {
      EvidencePoint(
        moment: $0.decidedAt, checks: $0.checks,
        predictions: $0.drift.first { $0.subject == .predictions })
    }
  }
}

/// The pictures of one rollout: evidence, and the share of bad requests for each objective.
struct EvidenceCharts {
  private let story: RolloutStory
  private let points: [EvidencePoint]
  private let objectives: [Objective]

  init(_ story: RolloutStory) {
    self.story = story
    points = EvidencePoint.points(of: story)
    var objectives: [Objective] = []
    for check in points.flatMap(\.checks) where !objectives.contains(check.objective) {
      objectives.append(check.objective)
    }
    self.objectives = objectives
  }

  /// None when no decision rests on counts.
  var all: [HTML] {
    guard !objectives.isEmpty else { return [] }
    let predicted = story.evidence?.predicted ?? []
    return [HTML(evidence)] + (predicted.isEmpty ? [] : [HTML(PanelChart.predictions(predicted))])
      + objectives.map { HTML(share(of: $0)) }
  }

  /// The texts of the style sheets that the pictures bring along, as a page finds them there.
  static let styles: [String] = {
    let pictures = [
      TimeChart(title: "", description: "", caption: "", series: []).svg,
      PanelChart(title: "", description: "", caption: "", panels: []).svg,
    ]
    return pictures.map { String($0.firstMatch(of: /<style>([^<]*)<\/style>/)?.1 ?? "") }
  }()

  private var looks: [DecisionEvidence.Look] { story.evidence?.looks ?? [] }

  private var evidence: TimeChart {
    TimeChart(
      title: "Evidence against the candidate",
      description: "The evidence of each objective at each \(looks.isEmpty ? "decision" : "look") "
        + "that rests on counts; the table below has its numbers.",
      caption: "evidence (natural logarithm)",
      series: looks.isEmpty ? ofDecisions + predictions : ofLooks, thresholds: bars, events: events)
  }

  /// The evidence at which the candidate is rolled back, and that from which on it gets no more.
  private var bars: [TimeChart.Threshold] {
    let hold = TimeChart.Threshold(label: "hold", value: log(AnalysisSettings.holdBar))
    return (looks.last.map { [.init(label: "roll back", value: $0.rollbackBar)] } ?? []) + [hold]
  }

  /// One line for each check, and where there are several that of all, which decides.
  private var ofLooks: [TimeChart.Series] {
    var names: [String] = []
    for part in looks.flatMap(\.parts) where !names.contains(part.name) { names.append(part.name) }
    let total = TimeChart.Series(
      name: "all checks",
      points: looks.map { .init(seconds: seconds(of: $0.moment), value: $0.total) })
    guard names.count > 1 else { return [total] }
    return names.map { name in
      TimeChart.Series(
        name: name,
        points: looks.compactMap { look in
          look.parts.first { $0.name == name }.map {
            .init(seconds: seconds(of: look.moment), value: $0.logE)
          }
        })
    } + [total]
  }

  private var ofDecisions: [TimeChart.Series] {
    objectives.map { objective in
      series(objective.name, of: objective) { Double($0.logE.total) / 1000 }
    }
  }

  /// The evidence that the candidate predicts otherwise than stable.
  private var predictions: [TimeChart.Series] {
    let compared = points.compactMap { point in
      point.predictions.map {
        TimeChart.Point(seconds: seconds(of: point.moment), value: Double($0.logE) / 1000)
      }
    }
    return compared.isEmpty ? [] : [TimeChart.Series(name: "predictions", points: compared)]
  }

  private func share(of objective: Objective) -> TimeChart {
    let candidate = series("candidate", of: objective) { Self.percent($0.candidate.share) }
    let band = checks(of: objective).map { seconds, check in
      TimeChart.Interval(
        seconds: seconds, lower: Self.percent(check.range.low),
        upper: Self.percent(check.range.high))
    }
    let stable = series("stable", of: objective) { check in
      check.stable.total > 0 ? Self.percent(check.stable.share) : .nan
    }
    return TimeChart(
      title: "Bad requests: \(objective.words)",
      description: "The share of bad requests of candidate and stable at each decision that rests "
        + "on counts, with the range of the candidate's; the table below has the numbers.",
      caption: "share of requests (%)",
      series: [
        TimeChart.Series(name: candidate.name, points: candidate.points, band: band), stable,
      ],
      thresholds: [
        .init(label: "limit \(objective.allowed)", value: Self.percent(objective.allowed))
      ],
      events: events, size: Size(width: 720, height: 260))
  }

  private func series(
    _ name: String, of objective: Objective, _ value: (CheckReport) -> Double
  ) -> TimeChart.Series {
    TimeChart.Series(
      name: name,
      points: checks(of: objective).map { .init(seconds: $0, value: value($1)) })
  }

  private func checks(of objective: Objective) -> [(seconds: Double, check: CheckReport)] {
    points.flatMap { point in
      point.checks.filter { $0.objective == objective }.map { (seconds(of: point.moment), $0) }
    }
  }

  private var events: [TimeChart.Event] {
    story.records.map { record in
      .init(
        label: record.verdict.label(to: record.to), seconds: seconds(of: record.decidedAt))
    }
  }

  private func seconds(of moment: Instant) -> Double {
    moment.since(story.records[0].decidedAt) / .seconds(1)
  }

  private static func percent(_ share: Ratio) -> Double { share.value * 100 }
}
