import Analysis
import Charts
import Rollouts
import Simulation
import Wording

/// One simulated rollout, for people and programs.
struct TimelineText: CustomStringConvertible {
  let description: String

  init(_ rollout: SimulatedRollout, under traffic: Traffic?) {
    let rows = rollout.events.map { event in
      let decision = event.decision
      return [
        event.elapsed.shortText, decision.verdict.rawValue, decision.to.words, decision.sentence,
      ]
    }
    let lines = [
      traffic.map { "\($0.text)\n" }, safeTable(["TIME", "DECISION", "NOW", "WHY"], rows) + "\n",
      Self.end(of: rollout),
    ]
    description = lines.compactMap(\.self).joined(separator: "\n")
  }

  private static func end(of rollout: SimulatedRollout) -> String {
    "\(rollout.outcome.words) after \(rollout.elapsed.shortText), in which the candidate answered "
      + "\(rollout.requests.of("request")), \(rollout.bad) of them bad\n\n"
      + "The candidate's odds, over all steps:\n" + effects(of: rollout)
  }

  /// "  errors       0.4 to 2.1 times those of stable".
  private static func effects(of rollout: SimulatedRollout) -> String {
    let rows = zip(rollout.objectiveNames, rollout.logEffects).map { name, effect in
      let (low, high) = (Factor(exp(effect.low)), Factor(exp(effect.high)))
      return ["  \(name)", "\(low) to \(high) times those of stable"]
    }
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map { row in
      row[0] + String(repeating: " ", count: width - row[0].count + 2) + row[1]
    }.joined(separator: "\n")
  }

  struct Form: Encodable {
    struct Event: Encodable {
      let elapsedMilliseconds: Int64
      let decision: Decision
      /// The reason in words.
      let text: String
    }
    let outcome: SimulatedRollout.Outcome
    let elapsedMilliseconds: Int64
    let candidateRequests: Int
    let candidateBadRequests: Int
    let events: [Event]

    init(_ rollout: SimulatedRollout) {
      outcome = rollout.outcome
      elapsedMilliseconds = rollout.elapsed.inMilliseconds
      candidateRequests = rollout.requests
      candidateBadRequests = rollout.bad
      events = rollout.events.map {
        Event(
          elapsedMilliseconds: $0.elapsed.inMilliseconds, decision: $0.decision,
          text: $0.decision.sentence)
      }
    }
  }
}

/// Many simulated rollouts, for people and programs.
struct StudyText: CustomStringConvertible {
  let description: String

  init(_ deployment: Deployment, _ traffic: Traffic, _ study: RolloutStudy, limit: Duration) {
    let rows = SimulatedRollout.Outcome.allCases.map { outcome in
      let group = study.groups.first { $0.outcome == outcome }
      return [
        outcome.words, "\(group?.count ?? 0)", Self.share(group?.count ?? 0, of: study.rollouts),
        group?.elapsed.shortText ?? "-", group.map { "\($0.requests)" } ?? "-",
        group.map { "\($0.bad)" } ?? "-",
      ]
    }
    description = """
      \(traffic.text)
      \(Self.levels(deployment, traffic))
      \(study.rollouts) rollouts of at most \(limit.shortText):

      \(safeTable(["OUTCOME", "ROLLOUTS", "SHARE", "MEDIAN TIME", "CANDIDATE REQUESTS", "BAD"], rows))
      \(Self.promise(deployment, traffic))
      """
  }

  private static func levels(_ deployment: Deployment, _ traffic: Traffic) -> String {
    let rows = zip(deployment.objectives, traffic.metrics).map { objective, metric in
      [objective.words, percent(metric.stable), percent(metric.candidate)]
    }
    return "\n" + safeTable(["OBJECTIVE", "STABLE", "CANDIDATE"], rows) + "\n"
  }

  /// "0.4% (0.11% to 1.1%)".
  private static func share(_ count: Int, of all: Int) -> String {
    guard let trials = Trials(bad: count, total: all) else { return "-" }
    let interval = confidenceInterval(of: trials, alpha: 0.05)
    return "\(Ratio(count, of: all).short) (\(percent(interval.low)) to \(percent(interval.high)))"
  }

  /// What is promised of such a candidate.
  private static func promise(_ deployment: Deployment, _ traffic: Traffic) -> String {
    let tolerance = deployment.analysis.tolerance
    let isHealthy = zip(deployment.objectives, traffic.metrics).allSatisfy { objective, metric in
      metric.candidate <= objective.allowed.value
        && metric.candidateOdds <= metric.stableOdds * (1 + tolerance.value)
    }
    guard isHealthy else { return "" }
    let alpha = Ratio(perMillion: 1_000_000 - deployment.analysis.confidence.perMillion)
    return
      "\nSuch a candidate keeps its promises: it is to be rolled back in at most \(alpha) of all "
      + "rollouts."
  }

  struct Form: Encodable {
    struct Group: Encodable {
      let outcome: SimulatedRollout.Outcome
      let rollouts: Int
      let medianMilliseconds: Int64
      let medianCandidateRequests: Int
      let medianBadRequests: Int
    }
    let rollouts: Int
    let outcomes: [Group]

    init(_ study: RolloutStudy) {
      rollouts = study.rollouts
      outcomes = study.groups.map {
        Group(
          outcome: $0.outcome, rollouts: $0.count, medianMilliseconds: $0.elapsed.inMilliseconds,
          medianCandidateRequests: $0.requests, medianBadRequests: $0.bad)
      }
    }
  }
}

extension SimulatedRollout.Outcome {
  var words: String {
    switch self {
    case .promoted: "promoted"
    case .rolledBack: "rolled back"
    case .open: "still open"
    }
  }
}

extension SimulatedRollout {
  /// The evidence over time, as a picture.
  var evidenceChart: TimeChart {
    let names = events.compactMap(\.decision.checks.first).isEmpty ? [] : objectiveNames
    let seconds = evidence.map { $0.elapsed / .seconds(1) }
    let total = TimeChart.Series(
      name: "all checks",
      points: zip(seconds, evidence).map { .init(seconds: $0, value: $1.total) })
    let single = names.enumerated().map { index, name in
      TimeChart.Series(
        name: name,
        points: zip(seconds, evidence).map { .init(seconds: $0, value: $1.objectives[index]) })
    }
    return TimeChart(
      title: "\(name): evidence against the candidate",
      description: "The candidate was \(outcome.words) after \(elapsed.shortText).",
      caption: "evidence (natural logarithm)", series: names.count > 1 ? single + [total] : [total],
      thresholds: [
        .init(label: "roll back", value: rollbackBar), .init(label: "hold", value: holdBar),
      ],
      events: events.map {
        .init(
          label: $0.decision.verdict.label(to: $0.decision.to), seconds: $0.elapsed / .seconds(1))
      })
  }
}

extension Traffic {
  /// "50 requests per second, independent".
  fileprivate var text: String {
    let rate = Factor(requestsPerSecond)
    return "\(rate) requests per second, a look every \(Factor(secondsPerLook))s, \(pattern.words)"
  }
}

extension Traffic.Pattern {
  fileprivate var words: String {
    switch self {
    case .independent: "independent failures"
    case .sharedIncidents: "incidents that both revisions share"
    case .clusters(let size): "failures in clusters of \(Factor(size))"
    case .pods(let variation): "pods that vary by \(percent(variation)) from minute to minute"
    }
  }
}

extension Traffic.Metric {
  fileprivate var candidateOdds: Double { candidate / (1 - candidate) }
  fileprivate var stableOdds: Double { stable / (1 - stable) }
}

extension Duration {
  /// "1h2m5s", without what is below a second: "0s".
  var shortText: String { Duration.seconds(components.seconds).manifest }

  private var manifest: String { components.seconds == 0 ? "0s" : shortDescription }
}

/// Returns a share as a percentage with two significant digits.
func percent(_ share: Double) -> String {
  Ratio(perMillion: Int((max(0, min(1, share)) * 1_000_000).rounded())).short
}
