import Rollouts
import Threads

/// What others see of the fleet: an immutable snapshot, made after each pass.
///
/// A page or a probe that asks never waits for the actor that decides.
package final class ReadModel: Sendable {
  private let snapshot = Lock(FleetReport())
  private let single = Lock([DeploymentReport]())

  /// What there was to see after the last pass.
  package var report: FleetReport { snapshot.withLock { $0 } }

  /// What there was to see of each deployment, where that is asked for.
  package var deployments: [DeploymentReport] { single.withLock { $0 } }

  func replace(by report: FleetReport, _ deployments: [DeploymentReport]) {
    snapshot.withLock { $0 = report }
    single.withLock { $0 = deployments }
  }

  /// Notes that a look begins, and whether any runtime has ever answered.
  func touch(at now: Instant, hearsNothing: Bool) {
    snapshot.withLock { ($0.lookedAt, $0.hearsNothing) = (now, hearsNothing) }
  }
}

extension Fleet {
  /// What there was to see after the last pass.
  package nonisolated var report: FleetReport { readModel.report }

  /// Makes what others see from now on.
  func show() async {
    readModel.replace(by: makeReport(decided: await recorder.decided), makeDeployments())
  }

  private func makeReport(decided: DecisionCounts) -> FleetReport {
    let rollouts = members.values.map(\.rollout)
    return FleetReport(
      phases: Dictionary(rollouts.map { ($0.phase.name, 1) }, uniquingKeysWith: +),
      held: rollouts.count { !$0.holds.isEmpty }, alerting: rollouts.count { $0.alert != nil },
      refused: rollouts.count { $0.wanted?.rejected != nil }, decided: decided,
      checks: rollouts.sorted { $0.name < $1.name }.flatMap(checks), apart: apart.totals,
      lags: lags,
      lookedAt: latest == Self.never ? nil : latest, hearsNothing: hearsNothing,
      isStopped: isStopped)
  }

  private func checks(of rollout: Rollout) -> [FleetReport.Check] {
    let isCounting = rollout.candidate != nil && rollout.checks.countingSince != nil
    let objectives = isCounting ? rollout.checkReports(at: latest) : []
    let drift = rollout.driftReports(at: latest)
    return objectives.map {
      FleetReport.Check(
        deployment: rollout.name, objective: $0.objective.name, verdict: $0.verdict,
        logE: $0.logE.total)
    }
      + drift.map {
        FleetReport.Check(
          deployment: rollout.name, objective: "drift-\($0.subject.rawValue)", verdict: $0.verdict,
          logE: $0.logE)
      }
  }
}
