package import Rollouts

/// What a controller shows of itself at one moment: values, through which nothing can be changed.
package struct ControllerReport: Equatable, Sendable {
  package let now: Instant
  /// The version of serin.
  package let version: String
  package let fleet: FleetReport
  package let waiting: Waiting
  /// When the last fetch of the manifests began that was answered.
  package let fetchedAt: Instant?
  /// What is wrong with the ledger's branch, for a person to look at; nil when nothing is.
  package let ledgerAlarm: String?
  /// Why the controller cannot do its work yet, or any more; nil when it does.
  package let whyNotReady: String?

  /// The commits that are not published yet.
  package struct Waiting: Equatable, Sendable {
    package let count: Int
    /// When the oldest was made.
    package let oldest: Instant?

    package init(count: Int, oldest: Instant?) {
      self.count = count
      self.oldest = oldest
    }
  }

  package init(
    now: Instant, version: String, fleet: FleetReport, waiting: Waiting, fetchedAt: Instant?,
    ledgerAlarm: String? = nil, whyNotReady: String?
  ) {
    self.now = now
    self.version = version
    self.fleet = fleet
    self.waiting = waiting
    self.fetchedAt = fetchedAt
    self.ledgerAlarm = ledgerAlarm
    self.whyNotReady = whyNotReady
  }
}

/// What there is to see of all deployments.
package struct FleetReport: Equatable, Sendable {
  package let phases: [Phase.Name: Int]
  /// How many stand still, and how many serve although they break a promise.
  package let held: Int
  package let alerting: Int
  /// How many ask for a revision that was rejected.
  package let refused: Int
  package let decided: DecisionCounts
  /// In the order of the deployments' names.
  package let checks: [Check]
  /// What was counted and is no evidence.
  package let apart: [DeploymentName: CountsApart]
  /// How far the counters of each runtime that answers are behind.
  package let lags: [String: Duration]
  /// When the last look began.
  package internal(set) var lookedAt: Instant?
  /// Whether runtimes were asked, and none has ever answered.
  package internal(set) var hearsNothing: Bool
  /// Whether another controller is in charge.
  package let isStopped: Bool

  /// One check of one deployment, evaluated now.
  package struct Check: Equatable, Sendable {
    package let deployment: DeploymentName
    /// "errors", "latency-p99", "drift-inputs".
    package let objective: String
    package let verdict: CheckVerdict
    /// The natural logarithm of the evidence against it, in thousandths.
    package let logE: Int

    package init(
      deployment: DeploymentName, objective: String, verdict: CheckVerdict, logE: Int
    ) {
      self.deployment = deployment
      self.objective = objective
      self.verdict = verdict
      self.logE = logE
    }
  }

  /// Before the first pass.
  init() {
    self.init(
      phases: [:], held: 0, alerting: 0, refused: 0, decided: DecisionCounts(), checks: [],
      lookedAt: nil, isStopped: false)
  }

  package init(
    phases: [Phase.Name: Int], held: Int, alerting: Int, refused: Int, decided: DecisionCounts,
    checks: [Check], apart: [DeploymentName: CountsApart] = [:],
    lags: [String: Duration] = [:], lookedAt: Instant?, hearsNothing: Bool = false, isStopped: Bool
  ) {
    self.phases = phases
    self.held = held
    self.alerting = alerting
    self.refused = refused
    self.decided = decided
    self.checks = checks
    self.apart = apart
    self.lags = lags
    self.lookedAt = lookedAt
    self.hearsNothing = hearsNothing
    self.isStopped = isStopped
  }
}

extension FleetReport {
  /// A loop that has not looked for so long hangs; one look takes seconds at most.
  private static let longestLook = Duration.seconds(60)

  /// Why the fleet is not looked after; nil when it is.
  package func whyNotReady(at now: Instant, hasReadSource: Bool) -> String? {
    if isStopped { return "another controller took the ledger over" }
    if !hasReadSource { return "the manifests were not read yet" }
    guard let lookedAt else { return "no look at the fleet has begun yet" }
    if hearsNothing { return "no runtime has said yet what is so" }
    let silence = now.since(lookedAt)
    return silence <= Self.longestLook
      ? nil : "the last look at the fleet began \(silence.components.seconds) s ago"
  }
}

/// How often what was decided, and why.
package struct DecisionCounts: Equatable, Sendable {
  package struct Kind: Hashable, Sendable {
    package let verdict: Decision.Verdict
    package let cause: Decision.Cause

    package init(verdict: Decision.Verdict, cause: Decision.Cause) {
      self.verdict = verdict
      self.cause = cause
    }
  }

  package private(set) var counts: [Kind: Int] = [:]
  package private(set) var latest: Instant?

  package init() {}

  package mutating func note(_ decision: Decision) {
    note(decision.verdict, decision.cause, at: decision.decidedAt)
  }

  package mutating func note(
    _ verdict: Decision.Verdict, _ cause: Decision.Cause, at moment: Instant
  ) {
    counts[Kind(verdict: verdict, cause: cause), default: 0] += 1
    latest = max(latest ?? moment, moment)
  }
}
