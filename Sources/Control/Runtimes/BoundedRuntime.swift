import Rollouts

// Adapters bound their calls in time. What is here holds when one does not: its runtime is silent until the call
// ends, and the deployments of the others are looked at meanwhile.

extension Runtimes.Place {
  /// The longest wait for one answer.
  ///
  /// Twice what an adapter waits for Envoy to tell something. A look asks for two answers, and so begins the next
  /// well before the minute is over after which the console calls a controller hanging.
  package static let longestWait = Duration.seconds(10)

  /// Returns the runtime as one for which nobody waits longer than that.
  package func bounded(by clock: any WallClock) -> Runtimes.Place {
    Runtimes.Place(
      name: name,
      runtime: BoundedRuntime(
        runtime: runtime, line: Line(limit: Self.longestWait, by: clock)),
      telemetry: BoundedTelemetry(
        telemetry: telemetry, line: Line(limit: Self.longestWait, by: clock)))
  }
}

/// A runtime that answers within some time, or is silent.
private struct BoundedRuntime: Runtime {
  let runtime: any Runtime
  let line: Line

  func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    try await line.call { [runtime] in try await runtime.apply(plan, to: deployment) }
  }

  func apply(_ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName) async throws {
    try await line.call { [runtime] in
      try await runtime.apply(plan, recordedAs: record, to: deployment)
    }
  }

  func observe() async throws -> [DeploymentName: RuntimeState] {
    try await line.call { [runtime] in try await runtime.observe() }
  }

  func rest() async { await runtime.rest() }
}

/// Telemetry that answers within some time, or is silent: a runtime can be asked while who counts cannot.
private struct BoundedTelemetry: Telemetry {
  let telemetry: any Telemetry
  let line: Line

  func counters() async throws -> Counters {
    try await line.call { [telemetry] in try await telemetry.counters() }
  }
}
