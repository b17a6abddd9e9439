package import Control
package import Logging
import Manifests
package import Rollouts
import Threads

/// What this machine serves: endpoints by `LocalRuntime`, and models for jobs by `BatchRuntime`.
package struct MachineRuntime: Runtime, Telemetry {
  private let online: LocalRuntime
  /// nil where the operator named no folder for it.
  private let batch: BatchRuntime?
  /// The plans of batch deployments that nothing here can carry out.
  private let refused = Lock<[DeploymentName: Plan]>([:])

  package init(_ setup: LocalRuntimeSetup, intake: (any PayloadIntake)?, logger: Logger) {
    online = LocalRuntime(setup, intake: intake, logger: logger)
    batch = setup.local.batch.map { BatchRuntime(setup, $0, logger: logger) }
  }

  package func start() async throws {
    try await online.start()
    try await batch?.start(scanner: online.scannerForJobs)
  }

  package func stop() async {
    await batch?.stop()
    await online.stop()
  }

  package func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    switch plan.serving {
    case .online: try await online.apply(plan, to: deployment)
    case .batch:
      guard let batch else { return refused.withLock { $0[deployment] = plan } }
      try await batch.apply(plan, to: deployment)
    }
  }

  /// Returns what is so of both; a deployment that was removed from one and came back to the other is in both until
  /// the first has nothing left of it.
  package func observe() async throws -> [DeploymentName: RuntimeState] {
    let states = try await online.observe()
    let others = try await batch?.observe() ?? refused.withLock { $0.mapValues(\.refusal) }
    return states.merging(others) { $0.joined(with: $1) }
  }

  package func counters() async throws -> Counters {
    let counters = try await online.counters()
    guard let others = try await batch?.counters() else { return counters }
    return Counters(
      asOf: min(counters.asOf, others.asOf),
      series: counters.series.merging(others.series) { $0.merging($1) { $1 } })
  }

  /// Takes in how far a run of a job is; nil when its deployment is none of this runtime.
  package func take(_ report: BatchReport) async -> EventReceipt? { await batch?.take(report) }
}

extension Plan {
  /// What is so where no jobs are served.
  fileprivate var refusal: RuntimeState {
    let why = "its runtime has no folder for batch: the operator names one, local.batch.folder"
    return RuntimeState(
      readiness: Dictionary(loaded.map { ($0.id, .failed(why)) }) { $1 },
      generationInForce: loaded.isEmpty ? generation : nil)
  }
}

extension RuntimeState {
  /// Returns what is so of a deployment of which both have something.
  fileprivate func joined(with other: RuntimeState) -> RuntimeState {
    RuntimeState(
      readiness: readiness.merging(other.readiness) { $1 }, crashes: crashes,
      errorSamples: errorSamples,
      generationInForce: [generationInForce, other.generationInForce].compactMap(\.self).max())
  }
}
