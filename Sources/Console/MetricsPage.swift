import Control
import Rollouts

/// What `/metrics` shows.
///
/// The number of lines is bounded: a fleet has few phases, verdicts and causes, and checks are shown
/// of so many deployments only.
struct MetricsPage {
  static let type = MetricsText.type
  /// Lines of checks; 1000 deployments on trial at once, with four objectives each.
  static let mostChecks = 4000
  /// Deployments whose requests are shown.
  static let mostDeployments = 4000

  private let report: ControllerReport
  private let intake: IntakeCounts?
  private var page = MetricsText()

  init(_ report: ControllerReport, intake: IntakeCounts?) {
    (self.report, self.intake) = (report, intake)
    writeController()
    writeFleet()
    writeDecisions()
    writeChecks()
    writeApart()
    writeLags()
    writePublishing()
    writeIntake()
  }

  var text: String { page.text }

  private mutating func writeController() {
    page.begin("serin_build_info", .gauge, "The version of serin.")
    page.sample("serin_build_info", ["version": report.version], value: 1)
    page.begin("serin_ready", .gauge, "Whether the manifests were read and the loop runs.")
    page.sample("serin_ready", value: report.whyNotReady == nil ? 1 : 0)
    guard let fetched = report.fetchedAt else { return }
    let name = "serin_source_poll_age_seconds"
    page.begin(name, .gauge, "The time since the last answered fetch of the manifests began.")
    page.sample(name, thousandths: age(of: fetched))
  }

  private mutating func writeFleet() {
    let fleet = report.fleet
    page.begin("serin_deployments", .gauge, "Deployments by phase.")
    for phase in Phase.Name.allCases {
      page.sample("serin_deployments", ["phase": phase.rawValue], value: fleet.phases[phase] ?? 0)
    }
    page.begin("serin_deployments_held", .gauge, "Deployments whose rollout stands still.")
    page.sample("serin_deployments_held", value: fleet.held)
    let name = "serin_deployments_alerting"
    page.begin(
      name, .gauge,
      "Deployments that break a promise with nothing to go back to, or of which nothing serves.")
    page.sample(name, value: fleet.alerting)
    let refused = "serin_deployments_refused"
    page.begin(refused, .gauge, "Deployments whose manifest asks for a version that was rejected.")
    page.sample(refused, value: fleet.refused)
  }

  private mutating func writeDecisions() {
    let decided = report.fleet.decided
    page.begin("serin_decisions_total", .counter, "Decisions recorded since the start.")
    for verdict in Decision.Verdict.allCases {
      for cause in Decision.Cause.allCases {
        let kind = DecisionCounts.Kind(verdict: verdict, cause: cause)
        guard let count = decided.counts[kind] else { continue }
        page.sample(
          "serin_decisions_total", ["verdict": verdict.rawValue, "cause": cause.rawValue],
          value: count)
      }
    }
    guard let latest = decided.latest else { return }
    let name = "serin_last_decision_timestamp_seconds"
    page.begin(name, .gauge, "When the last of them was made, since 1970.")
    page.sample(name, thousandths: latest.milliseconds)
  }

  private mutating func writeChecks() {
    let checks = report.fleet.checks
    page.begin(
      "serin_check_log_e", .gauge, "Evidence against what is checked, as a natural logarithm.")
    for check in checks.prefix(Self.mostChecks) {
      page.sample(
        "serin_check_log_e",
        [
          "deployment": check.deployment.description, "objective": check.objective,
          "verdict": check.verdict.rawValue,
        ], thousandths: Int64(check.logE))
    }
    page.begin("serin_checks_not_shown", .gauge, "Checks left out because there are too many.")
    page.sample("serin_checks_not_shown", value: max(0, checks.count - Self.mostChecks))
  }

  private mutating func writeApart() {
    let apart = report.fleet.apart.sorted { $0.key < $1.key }.prefix(Self.mostDeployments)
    let others = "serin_other_requests_total"
    page.begin(others, .counter, "Requests that are no inferences, which are no evidence.")
    for (deployment, counts) in apart {
      page.sample(others, ["deployment": deployment.description], value: counts.others)
    }
    let retried = "serin_retried_requests_total"
    page.begin(retried, .counter, "Inferences asked of another replica, as one took no connection.")
    for (deployment, counts) in apart {
      page.sample(retried, ["deployment": deployment.description], value: counts.retried)
    }
    let dropped = "serin_dropped_copies_total"
    page.begin(dropped, .counter, "Copies dropped before the candidate was asked.")
    for (deployment, counts) in apart {
      page.sample(dropped, ["deployment": deployment.description], value: counts.droppedCopies)
    }
  }

  private mutating func writeLags() {
    let name = "serin_counters_lag_seconds"
    page.begin(name, .gauge, "How far the counters of a runtime are behind.")
    for (runtime, lag) in report.fleet.lags.sorted(by: { $0.key < $1.key }) {
      page.sample(name, ["runtime": runtime], thousandths: lag.inMilliseconds)
    }
  }

  private mutating func writePublishing() {
    let alarm = "serin_ledger_alarm"
    page.begin(
      alarm, .gauge,
      "Whether the ledger's branch cannot be verified, or is not as the controller left it.")
    page.sample(alarm, value: report.ledgerAlarm == nil ? 0 : 1)
    page.begin("serin_publish_backlog", .gauge, "Commits of the ledger that are not published.")
    page.sample("serin_publish_backlog", value: report.waiting.count)
    page.begin("serin_publish_lag_seconds", .gauge, "How long the oldest of them has waited.")
    page.sample(
      "serin_publish_lag_seconds", thousandths: report.waiting.oldest.map(age) ?? 0)
  }

  private mutating func writeIntake() {
    guard let intake else { return }
    page.begin("serin_intake_taken_total", .counter, "Captured requests that were counted.")
    page.sample("serin_intake_taken_total", value: intake.taken)
    page.begin("serin_intake_dropped_total", .counter, "Captured requests that were lost.")
    page.sample("serin_intake_dropped_total", value: intake.dropped)
    write(intake.logs)
    write(intake.pairs)
    write(intake.conversions)
  }

  private mutating func write(_ logs: [String: PayloadLogCounts]) {
    guard !logs.isEmpty else { return }
    let name = "serin_payload_log_events_total"
    page.begin(name, .counter, "Events of the payload loggers of a cluster's servers.")
    for (runtime, log) in logs.sorted(by: { $0.key < $1.key }) {
      for outcome in PayloadLogCounts.Outcome.allCases {
        page.sample(
          name, ["runtime": runtime, "outcome": outcome.rawValue],
          value: log.counts[outcome] ?? 0)
      }
    }
  }

  private mutating func write(_ pairs: PairCounts) {
    let name = "serin_answer_pairs_total"
    page.begin(name, .counter, "Answers of stable and a candidate to one request, compared.")
    let outcomes = [
      ("different", pairs.different), ("incomparable", pairs.incomparable), ("same", pairs.same),
    ]
    for (outcome, count) in outcomes { page.sample(name, ["outcome": outcome], value: count) }
    let alone = "serin_answers_alone_total"
    page.begin(alone, .counter, "Answers that waited for the other one in vain.")
    for arm in [Arm.candidate, .stable] {
      page.sample(alone, ["arm": arm.rawValue], value: pairs.alone[arm] ?? 0)
    }
  }

  private mutating func write(_ conversions: ConversionCounts) {
    let name = "serin_conversions_total"
    page.begin(name, .counter, "Reports that an entity reached the goal of an A/B test.")
    let outcomes = [
      ("doubled", conversions.doubled), ("dropped", conversions.dropped),
      ("joined", conversions.joined), ("other_metric", conversions.otherMetric),
      ("unknown", conversions.unknown),
    ]
    for (outcome, count) in outcomes { page.sample(name, ["outcome": outcome], value: count) }
    let waiting = "serin_conversions_waiting"
    page.begin(waiting, .gauge, "Reports that wait for their entity, a minute at most.")
    page.sample(waiting, value: conversions.waiting)
    let away = "serin_entities_turned_away_total"
    page.begin(away, .counter, "Answers to entities that are not counted: there are too many.")
    page.sample(away, value: conversions.turnedAway)
  }

  /// In milliseconds; a clock that went back makes nothing younger than now.
  private func age(of moment: Instant) -> Int64 {
    max(0, report.now.since(moment).inMilliseconds)
  }
}
