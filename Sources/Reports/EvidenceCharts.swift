import Analysis
import Charts
import Ledger
import Rollouts

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
  var all: [TimeChart] { objectives.isEmpty ? [] : [evidence] + objectives.map(share) }

  /// The text of the style sheet that every picture brings along, as a page finds it there.
  static let style: String = {
    let picture = TimeChart(title: "", description: "", caption: "", series: []).svg
    let text = picture.firstMatch(of: /<style>([^<]*)<\/style>/)?.1
    return String(text ?? "")
  }()

  private var evidence: TimeChart {
    TimeChart(
      title: "Evidence against the candidate",
      description: "The evidence of each objective at each decision that rests on counts; the "
        + "table below has its numbers.",
      caption: "evidence (natural logarithm)",
      series: objectives.map { objective in
        series(objective.name, of: objective) { Double($0.logE.total) / 1000 }
      } + predictions,
      thresholds: [.init(label: "hold", value: log(AnalysisSettings.holdBar))], events: events)
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
      title: "Bad requests: \(objective)",
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
